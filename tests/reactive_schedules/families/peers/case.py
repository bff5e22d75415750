"""A family beside a peer's schedule that gives the same rates."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy

STEPS = 2000
PEAK = 0.1


@dataclass(frozen=True)
class Case:
    """One comparison: `ours` (a family's arguments, in steps) and `rates`, which computes the peer's."""

    peer: str
    ours: dict
    rates: Callable[[], numpy.ndarray]
