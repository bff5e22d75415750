"""Polynomial decay."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from reactive_schedules.families.base import DecayingFamily, DecayingFormula
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Interval


class PolynomialSpec(DecayingFamily):
    """A power of the share that remains.

        rate(s) = peak · (f + (1 − f) · ((n − s) / n)^power),    s ≤ n = length, f = final_ratio

    Source: Chen et al. 2017, DeepLabv3 (arXiv 1706.05587, section 4.1), the "poly" policy.

    Example:
        >>> rate = rs.Polynomial(0.1, power=2, horizon=100)
        >>> round(float(rate(50)), 4)
        0.025
    """

    family: Literal["polynomial"] = "polynomial"
    power: Annotated[float, Interval("(0, inf)")] = Field(
        default=2.0, description="exponent; 1 is a straight line"
    )


@register_family(PolynomialSpec)
@dataclass(frozen=True)
class PolynomialFormula(DecayingFormula[PolynomialSpec]):
    """The rate of `PolynomialSpec`."""

    def fall(self, remaining: Any, ops: Any) -> Any:
        """The course from 1 to 0."""
        return (remaining / self.length) ** self.spec.power
