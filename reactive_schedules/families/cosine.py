"""Cosine decay."""

from dataclasses import dataclass
from math import pi
from typing import Any, Literal

from reactive_schedules.families.base import DecayingFamily, DecayingFormula
from reactive_schedules.families.registry import register_family


class CosineSpec(DecayingFamily):
    """Half a cosine from the peak to the final rate.

        rate(s) = peak · (f + (1 − f) · (1 + cos(π s / n)) / 2),    s ≤ n = length, f = final_ratio

    Computed in the half-angle form sin²(π (n − s) / 2n), which is accurate to the last step, where 1 + cos suffers
    from cancellation.

    Source: Loshchilov & Hutter 2017, SGDR (arXiv 1608.03983, section 3, equation 5), without restarts.

    Example:
        >>> rate = rs.Cosine(0.1, warmup="10%", horizon=100)
        >>> round(float(rate(55)), 4)
        0.05
    """

    family: Literal["cosine"] = "cosine"


@register_family(CosineSpec)
@dataclass(frozen=True)
class CosineFormula(DecayingFormula[CosineSpec]):
    """The formula of `CosineSpec`."""

    def fall(self, remaining: Any, ops: Any) -> Any:
        """The decay from 1 to 0."""
        return ops.square(ops.sin(remaining * (pi / 2 / self.length)))
