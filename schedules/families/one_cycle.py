"""One cycle."""

from math import pi
from typing import Any, Literal, Self

from pydantic import Field

from schedules.duration import Duration
from schedules.errors import SpecError
from schedules.families.base import Family
from schedules.fields import Rate, Ratio


class OneCycleSpec(Family):
    """Up to the peak, then down to far below the start.

        rate(s) = between(start, peak, s / w)                s < w = warmup
        rate(s) = between(peak, final, (s − w) / n)          w ≤ s ≤ w + n, n = length

    with `start = peak · warmup_start`, `final = peak · final_ratio`, and `between(a, b, t)` either
    `a + (b − a) · (1 − cos π t) / 2` (cosine) or `a + (b − a) · t` (linear). With `three_phase` the way down
    first mirrors the way up, over `warmup` steps back to the start, and then goes on to the final rate.

    Source: Smith & Topin 2018, super-convergence (arXiv 1708.07120, section 3); the cosine form and the
    defaults are fastai's.
    """

    family: Literal["one_cycle"] = "one_cycle"
    peak: Rate = Field(description="highest rate the schedule reaches")
    warmup: Duration = Field("30%", description="how long the rate rises to the peak")
    warmup_start: Ratio = Field(0.04, description="rate at step 0 over the peak")
    final_ratio: Ratio = Field(4e-6, description="final rate over the peak")
    length: Duration | None = Field(
        None, description="steps from the peak to the final rate; the rest of the run by default"
    )
    anneal: Literal["cosine", "linear"] = Field("cosine", description="course of every phase")
    three_phase: bool = Field(False, description="first mirror the way up, then fall to the final rate")

    def _fill(self, resolved: Self, available: int | None) -> Self:
        if resolved.warmup < 1:
            raise SpecError(f"warmup: must be in [1, inf) steps; got {resolved.warmup}")
        if available is not None and resolved.warmup >= available:
            raise SpecError(
                f"warmup: must be shorter than the {available} steps there are; got {resolved.warmup} steps"
            )
        if resolved.length is None:
            if available is None:
                raise SpecError("length: is missing; give it in steps, or pass a horizon")
            resolved = resolved.model_copy(update={"length": available - resolved.warmup})
        least = resolved.warmup + 1 if resolved.three_phase else 1
        if resolved.length < least:
            raise SpecError(f"length: must be in [{least}, inf) steps; got {resolved.length}")
        return resolved

    @property
    def landmarks(self) -> list[tuple[str, int]]:
        """Named steps at which a resolved schedule changes its course."""
        back = [("back at start", 2 * self.warmup)] if self.three_phase else []
        return [("peak", self.warmup), *back, ("decay ends", self.warmup + self.length)]

    def _between(self, low: float, high: float, above: Any, steps: int, ops: Any) -> Any:
        """From `high`, `steps` steps above the low end, to `low`, 0 steps above it."""
        share = ops.real(above) / steps
        if self.anneal == "cosine":
            share = ops.square(ops.sin(share * (pi / 2)))
        return self.peak * (low + (high - low) * share)

    def value(self, step: Any, ops: Any) -> Any:
        """The rate, phase by phase."""
        start, final, peak_at, end = (
            self.warmup_start,
            self.final_ratio,
            self.warmup,
            self.warmup + self.length,
        )
        up = self._between(start, 1.0, ops.minimum(step, peak_at), peak_at, ops)
        remaining = end - ops.minimum(step, end)
        if not self.three_phase:
            down = self._between(final, 1.0, ops.minimum(remaining, self.length), self.length, ops)
            return ops.where(step < peak_at, up, down)
        mirrored = ops.maximum(2 * peak_at - ops.maximum(step, peak_at), 0)
        down = self._between(start, 1.0, mirrored, peak_at, ops)
        last = self.length - peak_at
        rest = self._between(final, start, ops.minimum(remaining, last), last, ops)
        return ops.where(step < peak_at, up, ops.where(step < 2 * peak_at, down, rest))
