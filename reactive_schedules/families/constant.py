"""Constant learning rate."""

from dataclasses import dataclass
from typing import Any, Literal

from reactive_schedules.families.base import WarmedFamily, WarmedFormula
from reactive_schedules.families.registry import register_family


class ConstantSpec(WarmedFamily):
    """A constant rate, after an optional warm-up.

    rate(s) = peak

    Example:
        >>> rate = rs.Constant(0.1, warmup=10)
        >>> round(float(rate(5)), 4)
        0.05
    """

    family: Literal["constant"] = "constant"


@register_family(ConstantSpec)
@dataclass(frozen=True)
class ConstantFormula(WarmedFormula[ConstantSpec]):
    """The formula of `ConstantSpec`."""

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        return ops.zeros_like(ops.real(step)) + self.spec.peak
