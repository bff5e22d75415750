"""A metric's decisions at a glance."""

from collections.abc import Sequence
from typing import Any

from reactive_schedules.plateau.machine import replay
from reactive_schedules.plateau.spec import PlateauSpec

_LETTERS = {"continue": ".", "decay": "D", "grow": "G", "stop": "S", "seesaw": "W", "greedy": "R"}


def pattern(metrics: Sequence[float], batch_size: int = 8, examples: int = 1000, **fields: Any) -> str:
    """One letter per epoch: '.' keep going, 'D' decay, 'G' grow, 'W' seesaw, 'R' a greedy raise, 'S' stop, '?' an action of the test's own."""
    decisions = replay(metrics, PlateauSpec(**fields), batch_size, examples)
    return "".join(_LETTERS.get(decision.kind, "?") for decision in decisions)
