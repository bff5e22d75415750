"""Inverse square root decay."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.errors import SpecError
from reactive_schedules.families.base import WarmedFamily, WarmedFormula
from reactive_schedules.families.registry import register_family


class InverseSquareRootSpec(WarmedFamily):
    """A warm-up to the peak, then a decay with the inverse square root of the step.

        rate(s) = peak · √(w / s),    s ≥ w = warmup

    The decay has no end, so a run can be extended at any time. With a linear warm-up from 0 this is the Noam
    schedule `factor · d^−½ · min(s^−½, s · w^−3/2)` for `peak = factor / √(d · w)` and a model of width d;
    `InverseSquareRoot.noam` computes that peak.

    Source: Vaswani et al. 2017 (arXiv 1706.03762, section 5.3).

    Example:
        >>> rate = rs.InverseSquareRoot(0.1, warmup=100)
        >>> round(float(rate(400)), 4)
        0.05
    """

    least_warmup = 1

    family: Literal["inverse_sqrt"] = "inverse_sqrt"
    warmup: Duration = Field(
        default="10%", description="duration of the warm-up, and time scale of the decay"
    )


@register_family(InverseSquareRootSpec)
@dataclass(frozen=True)
class InverseSquareRootFormula(WarmedFormula[InverseSquareRootSpec]):
    """The formula of `InverseSquareRootSpec`."""

    def check(self, available: int | None) -> None:
        """Checks that there is a warm-up, which is the time scale of the decay."""
        if self.warmup < 1:
            raise SpecError(f"warmup: must be in [1, inf) steps; got {self.warmup}")
        super().check(available)

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        return self.spec.peak * ops.sqrt(self.warmup / ops.real(step + self.warmup))
