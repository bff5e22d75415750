"""Linear decay."""

from typing import Any, Literal

from schedules.families.base import DecayingFamily


class LinearSpec(DecayingFamily):
    """A straight line from the peak to the final rate.

        rate(s) = peak · (f + (1 − f) · (n − s) / n),    s ≤ n = length, f = final_ratio

    Source: Goyal et al. 2017 (arXiv 1706.02677) for the warm-up; budgeted training, Li et al. 2020
    (arXiv 1905.04753, section 3.2), for the linear decay to zero.
    """

    family: Literal["linear"] = "linear"

    def fall(self, remaining: Any, ops: Any) -> Any:
        """The course from 1 to 0."""
        return remaining / self.length
