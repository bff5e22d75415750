"""Cyclical learning rates."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import numpy
from pydantic import Field, model_validator

from reactive_schedules.duration import Duration
from reactive_schedules.errors import SpecError, fault
from reactive_schedules.families.base import Landmark, WarmedFamily, WarmedFormula
from reactive_schedules.families.cycle_scale import BUILT_IN, DECAYING, known_scales, scale_function
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Interval, Ratio


class CyclicalSpec(WarmedFamily):
    """A triangle wave between the base rate and the peak.

        rate(s) = base + (peak − base) · tri(s) · scale,    base = peak · final_ratio

    `tri` rises from 0 to 1 over `step_size` steps and falls back over the same number of steps. `scale` is

    - `triangular`: 1;
    - `triangular2`: 2^−c in cycle c = 0, 1, …;
    - `exp_range`: gamma^s on both bounds, as in the paper, so gamma^s · (base + (peak − base) · tri(s));
    - `exp_range_amplitude`: gamma^s on the amplitude only, as in PyTorch and TensorFlow Addons;
    - the name of a function registered with `rs.cycle_scale`, a function of the cycle or, with
      `scale_by: step`, of the step.

    Source: Smith 2017 (arXiv 1506.01186, section 3), which recommends a step_size of 2 to 10 epochs, and stopping
    at the end of a cycle.

    Example:
        >>> rate = rs.Cyclical(0.1, final_ratio=0.2, step_size=50)
        >>> round(float(rate(25)), 4)
        0.06
    """

    family: Literal["cyclical"] = "cyclical"
    final_ratio: Ratio = Field(default=0.1, description="base rate as a fraction of the peak")
    step_size: Duration = Field(default="10%", description="duration of half a cycle")
    scale: str = Field(
        default="triangular",
        description="scale of the cycles: triangular, triangular2, exp_range, exp_range_amplitude or a registered name",
    )
    scale_by: Literal["cycle", "step"] = Field(
        default="cycle", description="argument of a registered scale function"
    )
    gamma: Annotated[float, Interval("(0, 1]")] = Field(
        default=0.99994, description="factor per step with exp_range and exp_range_amplitude"
    )

    @model_validator(mode="after")
    def _check_scale(self) -> Self:
        if self.scale not in known_scales():
            raise fault(
                "scale",
                f"must be one of {', '.join(known_scales())}, or a name registered with rs.cycle_scale; "
                f"got {self.scale!r}",
            )
        if self.scale in (*BUILT_IN, *DECAYING) and self.scale_by != "cycle":
            raise fault(
                "scale_by", f"applies only to registered scale functions; leave it out with {self.scale!r}"
            )
        return self


@register_family(CyclicalSpec)
@dataclass(frozen=True)
class CyclicalFormula(WarmedFormula[CyclicalSpec]):
    """The formula of `CyclicalSpec`."""

    cycles = True

    step_size: int

    def check(self, available: int | None) -> None:
        """Checks that half a cycle has at least one step."""
        if self.step_size < 1:
            raise SpecError(f"step_size: must be in [1, inf) steps; got {self.step_size}")
        super().check(available)

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        first = self.warmup + self.step_size
        return [*super().landmarks, ("first peak", first), ("first cycle ends", first + self.step_size)]

    def height(self, step: Any, ops: Any) -> Any:
        """Where in the cycle the rate is: tri(s) · scale; 0 in the warm-up."""
        inside = ops.maximum(step - self.warmup, 0)
        return ops.where(step < self.warmup, 0.0, self._triangle(inside, ops) * self._scale(inside, ops))

    def _triangle(self, step: Any, ops: Any) -> Any:
        size = self.step_size
        return ops.real(size - abs(step % (2 * size) - size)) / size

    def _scale(self, step: Any, ops: Any) -> Any:
        spec = self.spec
        if spec.scale in DECAYING:
            return ops.exp(ops.real(step) * numpy.log(spec.gamma).item())
        if spec.scale == "triangular":
            return 1.0
        x = ops.real(step if spec.scale_by == "step" else step // (2 * self.step_size))
        return scale_function(spec.scale)(x, ops)

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        spec, scale = self.spec, self._scale(step, ops)
        amplitude = (1 - spec.final_ratio) * self._triangle(step, ops)
        if spec.scale == "exp_range":
            return spec.peak * scale * (spec.final_ratio + amplitude)
        return spec.peak * (spec.final_ratio + scale * amplitude)
