"""Inverse time decay."""

from typing import Annotated, Any, Literal

from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.families.base import WarmedFamily
from reactive_schedules.fields import Interval


class InverseTimeSpec(WarmedFamily):
    """A hyperbola: fast at first, ever slower.

        rate(s) = peak / (1 + (1 / final_ratio − 1) · s / length)            smooth
        rate(s) = peak / (1 + (1 / final_ratio − 1) · floor(s / length))     with staircase

    By default `length` is the run, so the run ends at `peak · final_ratio`; the decay goes on after it.

    Source: Robbins & Monro 1951, "A stochastic approximation method"; Bottou 2012, "Stochastic gradient
    descent tricks".
    """

    family: Literal["inverse_time"] = "inverse_time"
    final_ratio: Annotated[float, Interval("(0, 1]")] = Field(
        0.01, description="rate over the peak after `length` steps"
    )
    length: Duration | None = Field(
        None, description="steps over which final_ratio is reached, after the warm-up; the run by default"
    )
    staircase: bool = Field(False, description="hold the rate for `length` steps at a time")

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the warm-up's end."""
        slope = 1 / self.final_ratio - 1
        if self.staircase:
            return self.peak / (1 + slope * ops.real(step // self.length))
        return self.peak / (1 + (slope / self.length) * ops.real(step))

    @property
    def landmarks(self) -> list[tuple[str, int]]:
        """Named steps at which a resolved schedule changes its course."""
        return [
            (f"×{self.final_ratio:g}" if name == "decay ends" else name, at) for name, at in super().landmarks
        ]
