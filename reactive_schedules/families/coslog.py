"""Cosine waves that double in length."""

from dataclasses import dataclass
from math import ceil, log, pi
from typing import Annotated, Any, Literal

from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.families.base import Landmark, LongFormula, WarmedFamily
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Interval, Ratio


class CosLogSpec(WarmedFamily):
    """Waves from the lowest rate to the peak and back, each twice as long as the previous one.

        rate(s) = peak · (f + (1 − f) · (1 − cos(2π log₂(1 + (2^k − 1) s / n))) / 2)

    for s ≤ n = length, with k = cycles and f = final_ratio. It begins and ends at the lowest rate.

    Source: Holzmüller, Grinsztajn & Steinwart 2024, RealMLP (arXiv 2407.04491, section 3), with k = 4.

    Example:
        >>> rate = rs.CosLog(0.1, horizon=1500)
        >>> [round(float(rate(step)), 4) for step in (0, 100, 300, 700, 1500)]
        [0.0, 0.0, 0.0, 0.0, 0.0]
        >>> round(float(rate(1031)), 4)
        0.1
    """

    family: Literal["coslog"] = "coslog"
    final_ratio: Ratio = Field(default=0.0, description="lowest rate as a fraction of the peak")
    cycles: Annotated[int, Interval("[1, 16]")] = Field(default=4, description="number of waves")
    length: Duration | None = Field(
        default=None, description="duration of the waves after the warm-up; the rest of the run by default"
    )


@register_family(CosLogSpec)
@dataclass(frozen=True)
class CosLogFormula(LongFormula[CosLogSpec]):
    """The formula of `CosLogSpec`."""

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        warm = [("warm-up ends", self.warmup)] if self.warmup else []
        share = 2**self.spec.cycles - 1
        ends = [self.warmup + self.length * (2**i - 1) // share for i in range(1, self.spec.cycles + 1)]
        return [*warm, *((f"wave {i} ends", end) for i, end in enumerate(ends, 1))]

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        cycles, length = self.spec.cycles, self.length
        share = 2**cycles - 1
        step = ops.minimum(step, length)
        # From the nearest end of a wave, an exact difference of steps, since the rate is relative to it near 0.
        wave = ops.real(step) * (share / length)
        for i in range(1, cycles + 1):
            end, rest = divmod((2**i - 1) * length, share)
            near = step >= ceil(length * (2 ** (i - 0.5) - 1) / share)
            since = ops.real(step - end) - rest / share
            wave = ops.where(near, since * (share / length / 2**i), wave)
        height = ops.square(ops.sin(ops.log1p(wave) * (pi / log(2))))
        return self.spec.peak * (self.spec.final_ratio + (1 - self.spec.final_ratio) * height)
