"""Exponential decay, smooth or in steps."""

from typing import Annotated, Any, Literal

import numpy
from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.families.base import WarmedFamily
from reactive_schedules.fields import Interval


class ExponentialSpec(WarmedFamily):
    """The same factor over every stretch of `length` steps.

        rate(s) = peak · final_ratio^(s / length)           smooth
        rate(s) = peak · final_ratio^floor(s / length)      with staircase

    By default `length` is the run, so the run ends at `peak · final_ratio`. A shorter `length`, such as 1ep,
    makes it the factor per epoch: the decay goes on at that pace.

    Source: Senior et al. 2013, "An empirical study of learning rates in deep neural networks for speech
    recognition" (ICASSP); the staircase is Goyal et al. 2017 (arXiv 1706.02677, section 5.1), ÷10 every 30
    epochs.
    """

    family: Literal["exponential"] = "exponential"
    final_ratio: Annotated[float, Interval("(0, 1]")] = Field(
        0.01, description="rate over the peak after `length` steps"
    )
    length: Duration | None = Field(
        None, description="steps over which final_ratio is reached, after the warm-up; the run by default"
    )
    staircase: bool = Field(False, description="hold the rate for `length` steps at a time")

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the warm-up's end."""
        done = step // self.length if self.staircase else step
        per_unit = numpy.log(self.final_ratio).item() / (1 if self.staircase else self.length)
        return self.peak * ops.exp(ops.real(done) * per_unit)

    @property
    def landmarks(self) -> list[tuple[str, int]]:
        """Named steps at which a resolved schedule changes its course."""
        return [
            (f"×{self.final_ratio:g}" if name == "decay ends" else name, at) for name, at in super().landmarks
        ]
