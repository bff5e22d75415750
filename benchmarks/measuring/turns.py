"""Measurements in turns, so that other load on the machine meets all sides alike."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Seconds(NamedTuple):
    """Of wall clock and of this process' CPU."""

    wall: float
    cpu: float


def timed(call: Callable[[], object]) -> Seconds:
    """Calls, and says how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu)


def in_turns(sides: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Calls every side once a round, each round beginning with the next side.

    Returns:
        By side, what its calls returned.
    """
    found: dict[str, list[T]] = {name: [] for name in sides}
    order = list(sides)
    for _ in range(rounds):
        for name in order:
            found[name].append(sides[name]())
        order = [*order[1:], order[0]]
    return found
