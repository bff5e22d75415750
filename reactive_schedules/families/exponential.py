"""Exponential decay, smooth or as a staircase."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy

from reactive_schedules.families.paced import PacedFamily, PacedFormula
from reactive_schedules.families.registry import register_family


class ExponentialSpec(PacedFamily):
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


@register_family(ExponentialSpec)
@dataclass(frozen=True)
class ExponentialFormula(PacedFormula[ExponentialSpec]):
    """The formula of `ExponentialSpec`."""

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        done = step // self.length if self.spec.staircase else step
        per_unit = numpy.log(self.spec.final_ratio).item() / (1 if self.spec.staircase else self.length)
        return self.spec.peak * ops.exp(ops.real(done) * per_unit)
