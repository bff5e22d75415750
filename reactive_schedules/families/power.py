"""A power law of the step, with a tail."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.errors import SpecError
from reactive_schedules.families.base import Landmark, LongFormula, WarmedFamily
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Interval, Ratio


class PowerSpec(WarmedFamily):
    """The peak until a fixed step, then a power law of the step, and a short tail at the end.

        rate(s) = peak · min(1, (h / s)^exponent)                h = hold, s counted from the start of the warm-up
        rate(s) = last · r / d + peak · f · (1 − r / d)          r steps before the end, r ≤ d = decay

    with f = final_ratio, and the rate `last` at the beginning of the tail. If `hold` is in steps or examples, only the
    tail depends on the length of the run, so the run can be extended at any time before it; `decay: 0` has no tail.

    The paper writes min(η_max, β a n^b) for the batch size β and n tokens. That is peak = η_max, exponent = −b, and a
    hold of (β a / η_max)^(−1/b) tokens, with b = −0.51.

    Source: Shen et al. 2024, Power Scheduler (arXiv 2408.13359, section 4).

    Example:
        >>> rate = rs.Power(0.1, warmup=0, hold=100, exponent=0.5, decay=0, horizon=1000)
        >>> [round(float(rate(step)), 4) for step in (0, 100, 400)]
        [0.1, 0.1, 0.05]
    """

    family: Literal["power"] = "power"
    warmup: Duration = Field(default="5%", description="duration of the warm-up to the peak")
    hold: Duration = Field(
        default="10%", description="time up to which the rate is the peak, from the start of the warm-up"
    )
    exponent: Annotated[float, Interval("(0, inf)")] = Field(
        default=0.51, description="exponent of the power law"
    )
    decay: Duration = Field(default="10%", description="duration of the tail")
    final_ratio: Ratio = Field(default=0.0, description="final rate as a fraction of the peak")
    length: Duration | None = Field(
        default=None,
        description="duration of peak, power law and tail after the warm-up; the rest of the run by default",
    )


@register_family(PowerSpec)
@dataclass(frozen=True)
class PowerFormula(LongFormula[PowerSpec]):
    """The formula of `PowerSpec`."""

    hold: int
    decay: int

    def check(self, available: int | None) -> None:
        """Checks that warm-up, peak and tail fit."""
        super().check(available)
        if self.hold < max(1, self.warmup):
            raise SpecError(
                f"hold: must be in [{max(1, self.warmup)}, inf) steps, not below the warm-up; got {self.hold}"
            )
        if self.decay > self.length:
            raise SpecError(
                f"decay: must be in [0, {self.length}] steps, the length after the warm-up; got {self.decay}"
            )
        if self.decay and self.spec.final_ratio > self._last():
            raise SpecError(
                f"final_ratio: must be in [0, {self._last():.3g}], the rate at the beginning of the tail as a fraction "
                f"of the peak; got {self.spec.final_ratio}"
            )

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        end = self.warmup + self.length
        warm = [("warm-up ends", self.warmup)] if self.warmup else []
        tail = [("tail begins", end - self.decay), ("decay ends", end)] if self.decay else []
        return sorted([*warm, ("power law begins", self.hold), *tail], key=lambda landmark: landmark[1])

    def _last(self) -> float:
        """The rate at the beginning of the tail, as a fraction of the peak."""
        begin = self.warmup + self.length - self.decay
        return min(1.0, (self.hold / max(begin, 1)) ** self.spec.exponent)

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        since = ops.maximum(step + self.warmup, self.hold)
        share = (self.hold / ops.real(since)) ** self.spec.exponent
        if self.decay:
            remaining = ops.real(self.length - ops.minimum(step, self.length)) / self.decay
            fall = self.spec.final_ratio + (self._last() - self.spec.final_ratio) * remaining
            share = ops.where(step >= self.length - self.decay, fall, share)
        return self.spec.peak * share
