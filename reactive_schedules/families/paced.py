"""Families that keep decaying at a pace, without an end."""

from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import Field

from reactive_schedules.duration import Duration
from reactive_schedules.families.base import Landmark, LongFormula, WarmedFamily
from reactive_schedules.fields import Interval


class PacedFamily(WarmedFamily):
    """A family that has fallen to `peak * final_ratio` after `length` steps, and falls on."""

    final_ratio: Annotated[float, Interval("(0, 1]")] = Field(
        default=0.01, description="rate after `length` as a fraction of the peak"
    )
    length: Duration | None = Field(
        default=None,
        description="duration of the decay to final_ratio after the warm-up; the rest of the run by default",
    )
    staircase: bool = Field(default=False, description="whether to hold the rate for `length` at a time")


P = TypeVar("P", bound=PacedFamily)


@dataclass(frozen=True)
class PacedFormula(LongFormula[P]):
    """The formula of a `PacedFamily`."""

    @property
    def landmarks(self) -> list[Landmark]:
        """Where the warm-up ends, and where `final_ratio` is reached."""
        ratio = f"×{self.spec.final_ratio:g}"
        return [(ratio if name == "decay ends" else name, at) for name, at in super().landmarks]
