"""One-cycle policy."""

from dataclasses import dataclass
from math import pi
from typing import Any, Literal

from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.errors import SpecError
from reactive_schedules.families.base import Family, Formula, Landmark
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Rate, Ratio


class OneCycleSpec(Family):
    """Rises to the peak, then falls to far below the first rate.

        rate(s) = between(start, peak, s / w)                s < w = warmup
        rate(s) = between(peak, final, (s − w) / n)          w ≤ s ≤ w + n, n = length

    with `start = peak · warmup_start`, `final = peak · final_ratio`, and `between(a, b, t)` either
    `a + (b − a) · (1 − cos π t) / 2` (cosine) or `a + (b − a) · t` (linear). With `three_phase` the rate first falls
    back to the start in `warmup` steps, mirroring the rise, and then to the final rate.

    Source: Smith & Topin 2018, super-convergence (arXiv 1708.07120, section 3); the cosine form and the
    defaults are fastai's.

    Example:
        >>> rate = rs.OneCycle(0.1, warmup="30%", horizon=1000)
        >>> round(float(rate(300)), 4)
        0.1
    """

    least_warmup = 1

    family: Literal["one_cycle"] = "one_cycle"
    peak: Rate = Field(description="highest learning rate of the schedule")
    warmup: Duration = Field(default="30%", description="duration of the rise to the peak")
    warmup_start: Ratio = Field(default=0.04, description="rate at step 0 as a fraction of the peak")
    final_ratio: Ratio = Field(default=4e-6, description="final rate as a fraction of the peak")
    length: Duration | None = Field(
        default=None, description="duration of the fall to the final rate; the rest of the run by default"
    )
    anneal: Literal["cosine", "linear"] = Field(default="cosine", description="shape of each phase")
    three_phase: bool = Field(
        default=False, description="whether to mirror the rise before falling to the final rate"
    )


@register_family(OneCycleSpec)
@dataclass(frozen=True)
class OneCycleFormula(Formula[OneCycleSpec]):
    """The formula of `OneCycleSpec`."""

    cycles = True

    warmup: int
    length: int

    def check(self, available: int | None) -> None:
        """Checks that each phase has at least one step."""
        if self.warmup < 1:
            raise SpecError(f"warmup: must be in [1, inf) steps; got {self.warmup}")
        if available is not None and self.warmup >= available:
            raise SpecError(
                f"warmup: must be shorter than the {available} available steps; got {self.warmup} steps"
            )
        least = self.warmup + 1 if self.spec.three_phase else 1
        if self.length < least:
            raise SpecError(f"length: must be in [{least}, inf) steps; got {self.length}")

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        back = [("back at start", 2 * self.warmup)] if self.spec.three_phase else []
        return [("peak", self.warmup), *back, ("decay ends", self.warmup + self.length)]

    def height(self, step: Any, ops: Any) -> Any:
        """Where in the cycle the rate is; 0 in the last of three phases, as in PyTorch."""
        share = self._phase(step, ops)[0]
        return ops.where(step < 2 * self.warmup, share, 0.0) if self.spec.three_phase else share

    def value(self, step: Any, ops: Any) -> Any:
        """The rate."""
        share, low, high = self._phase(step, ops)
        return self.spec.peak * (low + (high - low) * share)

    def _phase(self, step: Any, ops: Any) -> tuple[Any, Any, Any]:
        """The share of the way between the low and the high rate of the phase, and these rates."""
        start, final = self.spec.warmup_start, self.spec.final_ratio
        turn, end = self.warmup, self.warmup + self.length
        rising = step < turn
        remaining = end - ops.minimum(step, end)
        if self.spec.three_phase:
            back, last = 2 * turn, self.length - turn
            mirrored = ops.where(rising, step, back - step)
            share = ops.where(step < back, ops.real(mirrored) / turn, ops.real(remaining) / last)
            low = ops.where(step < back, start, final)
            high = ops.where(step < back, 1.0, start)
        else:
            share = ops.where(rising, ops.real(step) / turn, ops.real(remaining) / self.length)
            low, high = ops.where(rising, start, final), 1.0
        if self.spec.anneal == "cosine":
            share = ops.square(ops.sin(share * (pi / 2)))
        return share, ops.real(low), ops.real(high)
