"""Hyperbolic-tangent decay."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from reactive_schedules.families.base import DecayingFamily, DecayingFormula
from reactive_schedules.families.registry import register_family
from reactive_schedules.fields import Interval


class TanhSpec(DecayingFamily):
    """Half a hyperbolic tangent from almost the peak to almost the final rate.

        rate(s) = peak · (f + (1 − f) · (1 − tanh(L + (U − L) s / n)) / 2),    s ≤ n = length

    with f = final_ratio, L = lower and U = upper. It begins at (1 − tanh L) / 2 of the way from the final rate to the
    peak, and ends at (1 − tanh U) / 2 of it: 0.25 % with the default.

    Source: Hsueh et al. 2019, hyperbolic-tangent decay (arXiv 1806.01593, section 3), with L = −6 and U = 3.

    Example:
        >>> rate = rs.Tanh(0.1, horizon=90)
        >>> [round(float(rate(step)), 4) for step in (0, 60, 90)]
        [0.1, 0.05, 0.0002]
    """

    family: Literal["tanh"] = "tanh"
    lower: Annotated[float, Interval("[-20, 0]")] = Field(
        default=-6.0, description="argument of the hyperbolic tangent at the beginning"
    )
    upper: Annotated[float, Interval("(0, 20]")] = Field(
        default=3.0, description="argument of the hyperbolic tangent at the end"
    )


@register_family(TanhSpec)
@dataclass(frozen=True)
class TanhFormula(DecayingFormula[TanhSpec]):
    """The formula of `TanhSpec`."""

    def fall(self, remaining: Any, ops: Any) -> Any:
        """The decay, from almost 1 to almost 0."""
        # (1 − tanh x) / 2 = 1 / (1 + exp 2x), which does not cancel for large x.
        spec = self.spec
        x = spec.upper - (spec.upper - spec.lower) * (remaining / self.length)
        return 1 / (1 + ops.exp(2 * x))
