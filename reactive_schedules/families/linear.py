"""Linear decay."""

from typing import Any, Literal

from reactive_schedules.families.base import DecayingFamily


class LinearSpec(DecayingFamily):
    """A straight line from the peak to the final rate.

        rate(s) = peak · (f + (1 − f) · (n − s) / n),    s ≤ n = length, f = final_ratio

    Source: Li, Yumer & Ramanan 2020, budgeted training (arXiv 1905.04753), who find it robust.
    """

    family: Literal["linear"] = "linear"

    def fall(self, remaining: Any, ops: Any) -> Any:
        """The course from 1 to 0."""
        return remaining / self.length
