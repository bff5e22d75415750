"""Inverse square root."""

from typing import Any, Literal, Self

from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.errors import SpecError
from reactive_schedules.families.base import WarmedFamily


class InverseSquareRootSpec(WarmedFamily):
    """A warm-up to the peak, then the square root of the warm-up over the step.

        rate(s) = peak · √(w / s),    s ≥ w = warmup

    There is no end: the run can be extended at any time. With a linear warm-up from 0 this is the Noam
    schedule `factor · d^−½ · min(s^−½, s · w^−3/2)` for `peak = factor / √(d · w)`, with model width d;
    `InverseSquareRoot.noam` computes that peak.

    Source: Vaswani et al. 2017 (arXiv 1706.03762, section 5.3).
    """

    family: Literal["inverse_sqrt"] = "inverse_sqrt"
    warmup: Duration = Field(
        "10%", description="how long the rate rises to the peak; the time scale of the decay"
    )

    def _fill(self, resolved: Self, available: int | None) -> Self:
        if resolved.warmup < 1:
            raise SpecError(f"warmup: must be in [1, inf) steps; got {resolved.warmup}")
        return super()._fill(resolved, available)

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the warm-up's end."""
        return self.peak * ops.sqrt(self.warmup / ops.real(step + self.warmup))
