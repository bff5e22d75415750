"""What trials leave behind in the memory of their process, where the Trainer may run after them."""

import ctypes
import gc

from components.workers import memory

REPORT_ABOVE = 0.1
"""Share of the memory above which the Tuner's line on the console says what trials left behind."""

STOP_ABOVE = 0.5
"""Share of the memory above which a process runs no more trials, so that the Trainer has room."""


class Leftovers:
    """Measures the growth of this process since the end of its first trial, which loads data and libraries."""

    def __init__(self) -> None:
        self._first: int | None = None

    def share(self) -> float:
        """Returns the growth as a share of the memory of the machine or container; 0 before the second trial."""
        if self._first is None:
            return 0.0
        return max(0.0, (_resident() - self._first) / memory.limit())

    def trial_ended(self) -> None:
        """Called after each trial."""
        if self._first is None:
            self._first = _resident()


def _resident() -> int:
    """Resident memory without what is free: Python's garbage, and what the allocator keeps for later."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
    if trim is not None:
        trim(0)
    return memory.resident()
