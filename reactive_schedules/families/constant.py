"""A constant rate."""

from typing import Any, Literal

from reactive_schedules.families.base import WarmedFamily


class ConstantSpec(WarmedFamily):
    """The same rate at every step, after the warm-up if there is one.

    rate(s) = peak
    """

    family: Literal["constant"] = "constant"

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the warm-up's end."""
        return ops.zeros_like(ops.real(step)) + self.peak
