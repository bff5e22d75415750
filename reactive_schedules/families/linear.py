"""Linear decay."""

from dataclasses import dataclass
from typing import Any, Literal

from reactive_schedules.families.base import DecayingFamily, DecayingFormula
from reactive_schedules.families.registry import register_family


class LinearSpec(DecayingFamily):
    """A straight line from the peak to the final rate.

        rate(s) = peak · (f + (1 − f) · (n − s) / n),    s ≤ n = length, f = final_ratio

    Source: Li, Yumer & Ramanan 2020, budgeted training (arXiv 1905.04753), who find linear decay robust.

    Example:
        >>> rate = rs.Linear(0.1, horizon=100)
        >>> round(float(rate(75)), 4)
        0.025
    """

    family: Literal["linear"] = "linear"


@register_family(LinearSpec)
@dataclass(frozen=True)
class LinearFormula(DecayingFormula[LinearSpec]):
    """The formula of `LinearSpec`."""

    def fall(self, remaining: Any, ops: Any) -> Any:
        """The decay from 1 to 0."""
        return remaining / self.length
