"""A constant rate, then half a cosine."""

from dataclasses import dataclass
from math import pi
from typing import Any, Literal

from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.errors import SpecError
from reactive_schedules.families.base import Landmark, LongFormula, WarmedFamily
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Ratio


class FlatCosineSpec(WarmedFamily):
    """The peak for a share of the run, then half a cosine to the final rate.

        rate(s) = peak                                                          s ≤ h = flat
        rate(s) = peak · (f + (1 − f) · (1 + cos(π (s − h) / (n − h))) / 2)     h ≤ s ≤ n = length

    with f = final_ratio. Like `warmup_stable_decay` with a cosine tail, but given by the duration of the peak.

    Source: fastai's `fit_flat_cos` (2019); RealMLP decays dropout and weight decay so (arXiv 2407.04491), with half of
    the run flat.

    Example:
        >>> rate = rs.FlatCosine(0.1, flat="50%", horizon=100)
        >>> [round(float(rate(step)), 4) for step in (0, 50, 75, 100)]
        [0.1, 0.1, 0.05, 0.0]
    """

    family: Literal["flat_cosine"] = "flat_cosine"
    flat: Duration = Field(default="50%", description="duration of the peak, after the warm-up")
    final_ratio: Ratio = Field(default=0.0, description="final rate as a fraction of the peak")
    length: Duration | None = Field(
        default=None,
        description="duration of peak and decay after the warm-up; the rest of the run by default",
    )


@register_family(FlatCosineSpec)
@dataclass(frozen=True)
class FlatCosineFormula(LongFormula[FlatCosineSpec]):
    """The formula of `FlatCosineSpec`."""

    flat: int

    def check(self, available: int | None) -> None:
        """Checks that the decay has at least one step."""
        super().check(available)
        if self.flat >= self.length:
            raise SpecError(
                f"flat: must be shorter than the {self.length} steps of the length after the warm-up; got {self.flat}"
            )

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        *before, end = super().landmarks
        return [*before, ("decay begins", self.warmup + self.flat), end]

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        decay = self.length - self.flat
        remaining = ops.minimum(self.length - ops.minimum(step, self.length), decay)
        fall = ops.square(ops.sin(ops.real(remaining) * (pi / 2 / decay)))
        return self.spec.peak * (self.spec.final_ratio + (1 - self.spec.final_ratio) * fall)
