"""Warmup-stable-decay (WSD)."""

from dataclasses import dataclass
from math import pi
from typing import Any, Literal

from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.errors import SpecError
from reactive_schedules.families.base import Landmark, LongFormula, WarmedFamily
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Ratio


class WarmupStableDecaySpec(WarmedFamily):
    """A constant rate at the peak, then a short tail at the end.

        rate(s) = peak                                            until the tail
        rate(s) = peak · (f + (1 − f) · tail(u)),  u = 1 − r/d    r steps before the end, r ≤ d = decay

    with `tail(u)` one of `1 − u` (linear), `(1 + cos π u) / 2` (cosine) or `1 − √u` (1-sqrt), and
    `f = final_ratio`. Only the tail depends on the end of the run, so the run can be extended at any time before it.

    Source: Hu et al. 2024, MiniCPM (arXiv 2404.06395, section 4); the 1 − √u tail: Hägele et al. 2024
    (arXiv 2405.18392, section 3).

    Example:
        >>> rate = rs.WarmupStableDecay(0.1, decay="20%", horizon=100)
        >>> round(float(rate(90)), 4)
        0.05
    """

    family: Literal["warmup_stable_decay"] = "warmup_stable_decay"
    warmup: Duration = Field(default="5%", description="duration of the warm-up to the peak")
    final_ratio: Ratio = Field(default=0.0, description="final rate as a fraction of the peak")
    decay: Duration = Field(default="10%", description="duration of the tail")
    tail: Literal["linear", "cosine", "1-sqrt"] = Field(default="linear", description="shape of the tail")
    length: Duration | None = Field(
        default=None,
        description="duration of peak and tail after the warm-up; the rest of the run by default",
    )


@register_family(WarmupStableDecaySpec)
@dataclass(frozen=True)
class WarmupStableDecayFormula(LongFormula[WarmupStableDecaySpec]):
    """The formula of `WarmupStableDecaySpec`."""

    decay: int

    def check(self, available: int | None) -> None:
        """Checks that the tail fits."""
        super().check(available)
        if not 1 <= self.decay <= self.length:
            raise SpecError(
                f"decay: must be in [1, {self.length}] steps, the length after the warm-up; got {self.decay}"
            )

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        end = self.warmup + self.length
        warm = [("warm-up ends", self.warmup)] if self.warmup else []
        return [*warm, ("tail begins", end - self.decay), ("decay ends", end)]

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        remaining = ops.minimum(self.length - ops.minimum(step, self.length), self.decay)
        share = ops.real(remaining) / self.decay
        if self.spec.tail == "cosine":
            share = ops.square(ops.sin(share * (pi / 2)))
        elif self.spec.tail == "1-sqrt":
            # 1 − √u = (1 − u) / (1 + √u), which avoids cancellation as u approaches 1.
            share = share / (1 + ops.sqrt(ops.real(self.decay - remaining) / self.decay))
        return self.spec.peak * (self.spec.final_ratio + (1 - self.spec.final_ratio) * share)
