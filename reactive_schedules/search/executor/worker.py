"""A process that runs trials, as the coordinator sees it."""

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reactive_schedules.search.executor import machine
from reactive_schedules.search.executor.channel import Channel
from reactive_schedules.search.executor.journal import Attempted
from reactive_schedules.search.searcher import Ask

CHILD = "reactive_schedules.search.executor.child"

LEAVE_S = 10.0
"""Seconds for a process to end after its connection has been closed."""

PINNED = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)
"""Environment variables for the number of threads, on which the last digits of a training depend."""

_LIVING = 0.001
"""Share of the time without a message that a process must compute to count as alive."""


@dataclasses.dataclass(frozen=True)
class Work:
    """What all trials of a search have in common.

    Attributes:
        function: Dotted path of a function of `setting` that prepares a process, for example by reading the data, and
            returns a function that trains a trial, see `child.Trial`.
        setting: Plain JSON.
        threads: Number of threads that a trial computes with.
    """

    function: str
    setting: Any
    threads: int = 1


@dataclasses.dataclass
class Running:
    """What a process is doing.

    Attributes:
        worker: Number of the process, counted from 1.
        ask: What it trains.
        attempt: The attempt.
        epochs: Number of finished epochs; None before the first report.
        score: Last value of the objective; None if it is not known.
    """

    worker: int
    ask: Ask
    attempt: Attempted
    epochs: int | None = None
    score: float | None = None


class Worker:
    """A process that runs trials, one after another.

    Args:
        number: Number of the process, counted from 1.
        work: What to prepare it for.
        silence_s: Seconds without a sign of life after which it counts as hanging.
        environment: Environment variables of the process alone, such as its GPU.
    """

    def __init__(
        self,
        number: int,
        work: Work,
        silence_s: float,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.number, self._limit_s = number, silence_s
        self.processor: str | None = None
        """Model of the processor; None until the process is ready."""
        self.running: Running | None = None
        self.first_resident: int | None = None
        """Resident memory after the first trial, which loads data and libraries."""
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
        with tempfile.TemporaryFile() as given, theirs:
            given.write(json.dumps({"function": work.function, "setting": work.setting}).encode())
            given.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-m", CHILD, str(theirs.fileno())],
                stdin=given,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the coordinator
                env={
                    "TF_CPP_MIN_LOG_LEVEL": "2",  # not how many instructions the processor has
                    **os.environ,
                    **dict.fromkeys(PINNED, str(work.threads)),
                    **environment,
                    "PYTHONPATH": path,
                    "PYTHONSAFEPATH": "1",
                },
            )
        self.channel = Channel(ours)
        self._silent_s, self._looked, self._used = 0.0, time.monotonic(), 0.0

    def give(self, ask: Ask, attempt: Attempted) -> None:
        """Starts an attempt.

        Raises:
            OSError: The process is gone.
        """
        message = {"ask": dataclasses.asdict(ask), "folder": str(attempt.folder), "log": str(attempt.log)}
        self.running = Running(self.number, ask, attempt)
        self.channel.send(message)

    def hangs(self, spoke: bool, tick_s: float) -> bool:
        """Whether there was no sign of life, a message or processor time, for too long.

        Time in which this process itself did not run does not count, nor does the time of a process without work.

        Args:
            spoke: Whether there was a message since the last call.
            tick_s: Longest time between two calls if this process runs.
        """
        now, used = time.monotonic(), machine.processor_time(self._process.pid)
        passed, self._looked = min(now - self._looked, 2 * tick_s), now
        idle = self.processor and not self.running
        if spoke or idle or used is None or used - self._used >= _LIVING * self._limit_s:
            self._used, self._silent_s = used or 0.0, 0.0
        else:
            self._silent_s += passed
        return self._silent_s > self._limit_s

    def is_dead(self) -> bool:
        """Whether the process has ended, which its connection does not show if it has left children."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return False
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def kill(self) -> str:
        """Kills the process and its children; returns how it ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self.channel.close()
        return _reason(self._process.wait())

    def leave(self) -> None:
        """Tells the process to end."""
        self.channel.close()

    def left(self) -> None:
        """Waits until the process has ended; kills it if that takes too long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(LEAVE_S)
            return
        self.kill()


def _reason(code: int) -> str:
    if code >= 0:
        return f"the process of the trial ended with exit code {code}"
    hint = "; the machine may have run out of memory" if -code == signal.SIGKILL else ""
    return f"the process of the trial was killed by {signal.Signals(-code).name}{hint}"
