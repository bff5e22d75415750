"""Inverse time decay."""

from dataclasses import dataclass
from typing import Any, Literal

from reactive_schedules.families.paced import PacedFamily, PacedFormula
from reactive_schedules.families.registry import register_family


class InverseTimeSpec(PacedFamily):
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


@register_family(InverseTimeSpec)
@dataclass(frozen=True)
class InverseTimeFormula(PacedFormula[InverseTimeSpec]):
    """The formula of `InverseTimeSpec`."""

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        slope = 1 / self.spec.final_ratio - 1
        if self.spec.staircase:
            return self.spec.peak / (1 + slope * ops.real(step // self.length))
        return self.spec.peak / (1 + (slope / self.length) * ops.real(step))
