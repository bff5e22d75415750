"""Inverse time decay."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.families.base import Landmark, LongFormula, WarmedFamily
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Interval


class InverseTimeSpec(WarmedFamily):
    """A hyperbola, which falls fast at first and then ever more slowly.

        rate(s) = peak / (1 + (1 / final_ratio − 1) · s / length)            smooth
        rate(s) = peak / (1 + (1 / final_ratio − 1) · floor(s / length))     with staircase

    By default `length` is the whole run, which then ends at `peak · final_ratio`. After a shorter `length`, the decay
    continues.

    Source: Robbins & Monro 1951, "A stochastic approximation method"; Bottou 2012, "Stochastic gradient
    descent tricks".

    Example:
        >>> rate = rs.InverseTime(0.1, final_ratio=0.1, horizon=100)
        >>> round(float(rate(100)), 4)
        0.01
    """

    family: Literal["inverse_time"] = "inverse_time"
    final_ratio: Annotated[float, Interval("(0, 1]")] = Field(
        default=0.01, description="rate after `length` as a fraction of the peak"
    )
    length: Duration | None = Field(
        default=None,
        description="duration of the decay to final_ratio after the warm-up; the rest of the run by default",
    )
    staircase: bool = Field(default=False, description="whether to hold the rate for `length` at a time")


@register_family(InverseTimeSpec)
@dataclass(frozen=True)
class InverseTimeFormula(LongFormula[InverseTimeSpec]):
    """The formula of `InverseTimeSpec`."""

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        slope = 1 / self.spec.final_ratio - 1
        if self.spec.staircase:
            return self.spec.peak / (1 + slope * ops.real(step // self.length))
        return self.spec.peak / (1 + (slope / self.length) * ops.real(step))

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        ratio = f"×{self.spec.final_ratio:g}"
        return [(ratio if name == "decay ends" else name, at) for name, at in super().landmarks]
