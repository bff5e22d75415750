"""Exponential decay, smooth or as a staircase."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy
from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.families.base import Landmark, LongFormula, WarmedFamily
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Interval


class ExponentialSpec(WarmedFamily):
    """Decays by the same factor in every `length` steps.

        rate(s) = peak · final_ratio^(s / length)           smooth
        rate(s) = peak · final_ratio^floor(s / length)      with staircase

    By default `length` is the whole run, which then ends at `peak · final_ratio`. With a shorter `length`, such as
    1ep, `final_ratio` is the factor per epoch, and the decay continues at that pace.

    Source: Senior et al. 2013, "An empirical study of learning rates in deep neural networks for speech
    recognition" (ICASSP); the staircase is Goyal et al. 2017 (arXiv 1706.02677, section 5.1), ÷10 every 30
    epochs.

    Example:
        >>> rate = rs.Exponential(0.1, length="1ep", final_ratio=0.5, horizon=rs.Horizon(100, 10, 32))
        >>> round(float(rate(200)), 4)
        0.025
    """

    family: Literal["exponential"] = "exponential"
    final_ratio: Annotated[float, Interval("(0, 1]")] = Field(
        default=0.01, description="rate after `length` as a fraction of the peak"
    )
    length: Duration | None = Field(
        default=None,
        description="duration of the decay to final_ratio after the warm-up; the rest of the run by default",
    )
    staircase: bool = Field(default=False, description="whether to hold the rate for `length` at a time")


@register_family(ExponentialSpec)
@dataclass(frozen=True)
class ExponentialFormula(LongFormula[ExponentialSpec]):
    """The formula of `ExponentialSpec`."""

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        done = step // self.length if self.spec.staircase else step
        per_unit = numpy.log(self.spec.final_ratio).item() / (1 if self.spec.staircase else self.length)
        return self.spec.peak * ops.exp(ops.real(done) * per_unit)

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        ratio = f"×{self.spec.final_ratio:g}"
        return [(ratio if name == "decay ends" else name, at) for name, at in super().landmarks]
