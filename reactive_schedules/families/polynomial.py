"""Polynomial decay."""

from typing import Annotated, Any, Literal

from pydantic import Field

from reactive_schedules.families.base import DecayingFamily
from reactive_schedules.fields import Interval


class PolynomialSpec(DecayingFamily):
    """A power of the share that remains.

        rate(s) = peak · (f + (1 − f) · ((n − s) / n)^power),    s ≤ n = length, f = final_ratio

    Source: Chen et al. 2017, DeepLabv3 (arXiv 1706.05587, section 4.1), the "poly" policy.
    """

    family: Literal["polynomial"] = "polynomial"
    power: Annotated[float, Interval("(0, inf)")] = Field(2.0, description="exponent; 1 is a straight line")

    def fall(self, remaining: Any, ops: Any) -> Any:
        """The course from 1 to 0."""
        return (remaining / self.length) ** self.power
