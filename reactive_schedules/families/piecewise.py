"""Piecewise constant learning rate."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from reactive_schedules.duration import Duration
from reactive_schedules.errors import SpecError, fault
from reactive_schedules.families.base import Landmark, WarmedFamily, WarmedFormula
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Ratio


class PiecewiseSpec(WarmedFamily):
    """Constant between boundaries.

        rate(s) = peak · ratios[i],    boundaries[i−1] ≤ s < boundaries[i]

    Boundaries count from step 0, even with a warm-up, which must end by the first boundary. The new rate applies from
    the boundary on; Keras' PiecewiseConstantDecay changes one step later.

    Source: He et al. 2016 (arXiv 1512.03385, section 4.2): ÷10 at two points of the run.

    Example:
        >>> rate = rs.Piecewise(0.1, boundaries=["50%", "75%"], horizon=100)
        >>> round(float(rate(60)), 4)
        0.01
    """

    family: Literal["piecewise"] = "piecewise"
    boundaries: tuple[Duration, ...] = Field(
        default=("50%", "75%"), min_length=1, description="points of the run at which the rate changes"
    )
    ratios: tuple[Ratio, ...] = Field(
        default=(1.0, 0.1, 0.01), description="rates as fractions of the peak, one more than boundaries"
    )

    @model_validator(mode="after")
    def _check_lengths(self) -> Self:
        if len(self.ratios) != len(self.boundaries) + 1:
            raise fault(
                "ratios",
                f"must have {len(self.boundaries) + 1} entries, one more than boundaries; "
                f"got {len(self.ratios)}",
            )
        if max(self.ratios) != 1:
            raise fault("ratios", f"must have 1, the peak, as the largest entry; got {list(self.ratios)}")
        return self


@register_family(PiecewiseSpec)
@dataclass(frozen=True)
class PiecewiseFormula(WarmedFormula[PiecewiseSpec]):
    """The formula of `PiecewiseSpec`."""

    boundaries: tuple[int, ...]

    def check(self, available: int | None) -> None:
        """Checks that the boundaries increase, and that the warm-up ends by the first one."""
        super().check(available)
        check_increasing(self.boundaries)
        if self.warmup > self.boundaries[0]:
            raise SpecError(
                f"warmup: must end by the first boundary, in [0, {self.boundaries[0]}] steps; got {self.warmup}"
            )

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        return super().landmarks + [(f"boundary {i}", at) for i, at in enumerate(self.boundaries, 1)]

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        rate = ops.zeros_like(ops.real(step)) + self.spec.peak * self.spec.ratios[0]
        for boundary, ratio in zip(self.boundaries, self.spec.ratios[1:], strict=True):
            rate = ops.where(step >= boundary - self.warmup, self.spec.peak * ratio, rate)
        return rate


def check_increasing(boundaries: tuple[int, ...]) -> None:
    """Checks that boundaries, in steps, are positive and strictly increasing.

    Raises:
        SpecError: A boundary is below 1, or not above the previous one.
    """
    if boundaries[0] < 1 or any(b <= a for a, b in pairwise(boundaries)):
        raise SpecError(
            f"boundaries: must be in [1, inf) and strictly increasing, in steps; got {list(boundaries)}"
        )
