"""REX, reflected exponential decay."""

from dataclasses import dataclass
from typing import Any, Literal

from reactive_schedules.families.base import DecayingFamily, DecayingFormula
from reactive_schedules.families.registry import register_family


class REXSpec(DecayingFamily):
    """Stays high for most of the run, then falls steeply.

        rate(s) = peak · (f + (1 − f) · (1 − t) / (1 − t/2)),    t = s / n ≤ 1, n = length, f = final_ratio

    Source: Chen, Wolfe & Kyrillidis 2021 (arXiv 2107.04197).

    Example:
        >>> rate = rs.REX(0.1, horizon=100)
        >>> round(float(rate(50)), 4)
        0.0667
    """

    family: Literal["rex"] = "rex"


@register_family(REXSpec)
@dataclass(frozen=True)
class REXFormula(DecayingFormula[REXSpec]):
    """The formula of `REXSpec`."""

    def fall(self, remaining: Any, ops: Any) -> Any:
        """The decay from 1 to 0."""
        # (1 − t) / (1 − t/2), expanded by n, so that only the exact difference n − s occurs.
        return 2 * remaining / (self.length + remaining)
