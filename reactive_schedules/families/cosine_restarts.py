"""Cosine decay with warm restarts."""

from dataclasses import dataclass
from math import pi
from typing import Annotated, Any, Literal

import numpy
from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.errors import SpecError
from reactive_schedules.families.base import Landmark, WarmedFamily, WarmedFormula
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Interval, Ratio

_LAST_STEP = 2**31 - 1


class CosineRestartsSpec(WarmedFamily):
    """Cosine decays that restart, each `growth` times as long as the previous one.

        rate(s) = peak · (f + (1 − f) · cycle_ratio^i · (1 + cos(π p / T_i)) / 2)

    in cycle i, p steps into it, with T_i = period · growth^i and f = final_ratio.

    Source: Loshchilov & Hutter 2017, SGDR (arXiv 1608.03983, section 3, equation 5): T_0 = period,
    T_mult = growth.

    Example:
        >>> rate = rs.CosineRestarts(0.1, period=10, growth=2)
        >>> round(float(rate(20)), 4)
        0.05
    """

    family: Literal["cosine_restarts"] = "cosine_restarts"
    final_ratio: Ratio = Field(default=0.0, description="lowest rate as a fraction of the peak")
    period: Duration = Field(default="20%", description="duration of the first cycle")
    growth: Annotated[int, Interval("[1, 1000000]")] = Field(
        default=1, description="ratio of a cycle's length to the previous one's"
    )
    cycle_ratio: Annotated[float, Interval("(0, 1]")] = Field(
        default=1.0, description="ratio of a cycle's height to the previous one's"
    )


@register_family(CosineRestartsSpec)
@dataclass(frozen=True)
class CosineRestartsFormula(WarmedFormula[CosineRestartsSpec]):
    """The formula of `CosineRestartsSpec`."""

    period: int

    def check(self, available: int | None) -> None:
        """Checks that the first cycle has at least one step."""
        if self.period < 1:
            raise SpecError(f"period: must be in [1, inf) steps; got {self.period}")
        super().check(available)

    def _starts(self) -> list[int]:
        """First steps of the second and later cycles, if cycles grow."""
        starts, length = [self.period], self.period
        while starts[-1] < _LAST_STEP:
            length *= self.spec.growth
            starts.append(starts[-1] + length)
        return starts[:-1]

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        starts = [self.period * i for i in (1, 2, 3)] if self.spec.growth == 1 else self._starts()[:3]
        return super().landmarks + [(f"restart {i}", self.warmup + at) for i, at in enumerate(starts, 1)]

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        if self.spec.growth == 1:
            cycle = step // self.period
            share = ops.real(self.period - step % self.period) / self.period
        else:
            # Cycle boundaries are exact integers; a logarithm would sometimes be off by a step.
            cycle, share = ops.zeros_like(step), ops.real(self.period - step) / self.period
            for i, at in enumerate(self._starts(), 1):
                begun, length = step >= at, self.period * self.spec.growth**i
                if at + length <= _LAST_STEP:
                    left = ops.real(at + length - step) / length
                else:  # an end that has no place among 32-bit integers, and is far away
                    left = 1 - ops.real(step - at) / float(length)
                cycle = ops.where(begun, i, cycle)
                share = ops.where(begun, left, share)
        height = ops.exp(ops.real(cycle) * numpy.log(self.spec.cycle_ratio).item())
        fall = ops.square(ops.sin(share * (pi / 2)))
        return self.spec.peak * (self.spec.final_ratio + (1 - self.spec.final_ratio) * height * fall)
