"""What the coordinator knows of the trials' work, and of whoever runs them."""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any, Protocol

from reactive_schedules.search.executor.journal import Attempted
from reactive_schedules.search.searcher import Ask

SILENCE_S = 120.0
"""Seconds without a sign of life after which a worker is given up."""

Message = dict[str, Any]
"""A message of a worker, as plain JSON; its `kind` is one of

- `ready`, with `processor`: it can take trials;
- `refused`, with `error`: it cannot be prepared, see `errors.described`;
- `said`, with `line`: a line for the user;
- `epoch`, with `epochs` and `score`: the trial has finished an epoch;
- `done`, with `outcome`: the trial has ended;
- `lost`, with `reason` and `began`: it has ended, after or before it could run trials.
"""


@dataclasses.dataclass(frozen=True)
class Work:
    """What all trials of a search have in common.

    Attributes:
        function: Dotted path of a function of `setting` and `inputs` that prepares a process, for example by reading
            the data, and returns a function that trains a trial, see `child.Trial`.
        setting: Plain JSON, without paths of this machine.
        threads: Number of threads that a trial computes with.
        inputs: Folders to read, by name. The function gets their paths on the machine that it runs on.
        code: Dotted paths of the user's functions that the trials call.
        several_devices: Whether a trial trains on all devices that its process sees, so that the processes of this
            machine divide them among each other instead of taking one each.
    """

    function: str
    setting: Any
    threads: int = 1
    inputs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    code: tuple[str, ...] = ()
    several_devices: bool = False


@dataclasses.dataclass
class Running:
    """What a worker is doing.

    Attributes:
        worker: `id` of the worker.
        ask: What it trains.
        attempt: The attempt.
        epochs: Number of finished epochs; None before the first report.
        score: Last value of the objective; None if it is not known.
        since: When it was given, on the clock of `time.monotonic`.
    """

    worker: int | str
    ask: Ask
    attempt: Attempted
    epochs: int | None = None
    score: float | None = None
    since: float = dataclasses.field(default_factory=time.monotonic)


class Worker(Protocol):
    """Whoever runs trials, one after another.

    Attributes:
        id: Number of the process on this machine, counted from 1, or name of the worker of a cluster.
        running: What it is doing; whoever looks sets it to None when it is `done`.
    """

    running: Running | None

    @property
    def id(self) -> int | str:
        """Number of a process of this machine, counted from 1, or name of a worker of a cluster."""
        ...

    @property
    def processor(self) -> str | None:
        """Model of its processor; None while it cannot take trials."""
        ...

    def fileno(self) -> int:
        """File descriptor that becomes readable when there is something to look at."""
        ...

    def give(self, ask: Ask, attempt: Attempted) -> None:
        """Starts an attempt. If the worker is gone, the next look shows it."""
        ...

    def look(self, tick_s: float) -> list[Message]:
        """Returns what has come, without waiting. After `lost`, the worker is gone.

        Args:
            tick_s: Longest time between two looks if this process runs.
        """
        ...

    def kill(self) -> None:
        """Ends the worker, or what it runs for this search, at once."""
        ...

    def leave(self) -> None:
        """Tells the worker that it is no longer needed."""
        ...

    def left(self) -> None:
        """Waits until it has left, but not for long."""
        ...


class Silence:
    """Counts the time without a sign of life. Time in which this process itself did not run does not count.

    Args:
        limit_s: Seconds after which it has lasted too long.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s, self._silent_s, self._looked = limit_s, 0.0, time.monotonic()

    def lasts(self, alive: bool, tick_s: float) -> bool:
        """Whether it has lasted too long.

        Args:
            alive: Whether there was a sign of life since the last call.
            tick_s: Longest time between two calls if this process runs.
        """
        now = time.monotonic()
        passed, self._looked = min(now - self._looked, 2 * tick_s), now
        self._silent_s = 0.0 if alive else self._silent_s + passed
        return self._silent_s > self.limit_s


def lost(reason: str, began: bool) -> Message:
    """The message that a worker is gone.

    Args:
        reason: Why.
        began: Whether it had been able to run trials.
    """
    return {"kind": "lost", "reason": reason, "began": began}
