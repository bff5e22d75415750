"""Polynomial decay."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from reactive_schedules.families.base import DecayingFamily, DecayingFormula
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Interval


class PolynomialSpec(DecayingFamily):
    """Decays with a power of the remaining share of the run.

        rate(s) = peak · (f + (1 − f) · ((n − s) / n)^power),    s ≤ n = length, f = final_ratio

    Source: Chen et al. 2017, DeepLabv3 (arXiv 1706.05587, section 4.1), the "poly" policy.

    Example:
        >>> rate = rs.Polynomial(0.1, power=2, horizon=100)
        >>> round(float(rate(50)), 4)
        0.025
    """

    family: Literal["polynomial"] = "polynomial"
    power: Annotated[float, Interval("(0, inf)")] = Field(
        default=2.0, description="exponent, where 1 is a straight line"
    )


@register_family(PolynomialSpec)
@dataclass(frozen=True)
class PolynomialFormula(DecayingFormula[PolynomialSpec]):
    """The formula of `PolynomialSpec`."""

    def fall(self, remaining: Any, ops: Any) -> Any:
        """The decay from 1 to 0."""
        return (remaining / self.length) ** self.spec.power
