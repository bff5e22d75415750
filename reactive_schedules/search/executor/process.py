"""A process of this machine that runs trials."""

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor import machine
from reactive_schedules.search.executor.carrier import Carrier
from reactive_schedules.search.executor.channel import Channel
from reactive_schedules.search.executor.journal import Attempted
from reactive_schedules.search.executor.worker import Message, Running, Silence, Work, lost
from reactive_schedules.search.searcher import Ask

CHILD = "reactive_schedules.search.executor.child"

GROWTH = 0.25
"""Share of the memory by which all processes together may grow after their first trials before they are replaced."""

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


class Process:
    """A `Worker` that is a process of this machine.

    Args:
        number: Number of the process, counted from 1.
        work: What to prepare it for.
        silence_s: Seconds without a sign of life after which it is killed.
        environment: Environment variables of the process alone, such as its GPU.
        share: Share of the machine's memory that it may use.
    """

    def __init__(
        self,
        number: int,
        work: Work,
        silence_s: float,
        environment: Mapping[str, str] = MappingProxyType({}),
        share: float = 1.0,
    ) -> None:
        self.id, self._share = number, share
        self.processor: str | None = None
        self.running: Running | None = None
        self._first_resident: int | None = None  # after the first trial, which loads data and libraries
        self._silence, self._used = Silence(silence_s), 0.0
        self._carrier: Carrier | None = None
        self._fetches = False  # the checkpoints that the attempt begins with
        self._held: list[Message] = []
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
        with tempfile.TemporaryFile() as given, theirs:
            described = {"function": work.function, "setting": work.setting, "inputs": dict(work.inputs)}
            given.write(json.dumps(described).encode())
            given.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-m", CHILD, str(theirs.fileno())],
                stdin=given,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the coordinator
                env={
                    "TF_CPP_MIN_LOG_LEVEL": "2",  # not how many instructions the processor has
                    **os.environ,
                    **environment,
                    **dict.fromkeys(PINNED, str(work.threads)),
                    "PYTHONPATH": path,
                    "PYTHONSAFEPATH": "1",
                },
            )
        self._channel = Channel(ours)

    def fileno(self) -> int:
        """See `Worker`."""
        return self._channel.fileno()

    def is_moving(self) -> bool:
        """Whether the attempt waits for the store, of which `fileno` does not tell."""
        return self._fetches or bool(self._held)

    def give(self, ask: Ask, attempt: Attempted) -> None:
        """See `Worker`."""
        self.running = Running(self.id, ask, attempt)
        if attempt.route:
            self._carrier, self._fetches = Carrier(attempt.route, attempt.folder, attempt.log), True
        else:
            self._start(ask, attempt)

    def _start(self, ask: Ask, attempt: Attempted) -> None:
        message = {"ask": dataclasses.asdict(ask), "folder": str(attempt.folder), "log": str(attempt.log)}
        with contextlib.suppress(OSError):  # it is gone, as the next look will show
            self._channel.send(message)

    def look(self, tick_s: float) -> list[Message]:
        """See `Worker`."""
        messages = [] if self._held else self._look(tick_s)
        return messages if self._carrier is None else self._carried(self._carrier, messages)

    def _carried(self, carrier: Carrier, messages: list[Message]) -> list[Message]:
        """Moves what is to be moved; holds back how the attempt ended until the store has all of it."""
        if self._fetches and not carrier.is_busy():
            self._fetches = False
            try:
                carrier.begun()
            except Exception as error:
                self.kill()
                self._carrier = None
                return [*messages, lost(f"the store could not be read: {summary_of(error)}", began=False)]
            assert self.running
            self._start(self.running.ask, self.running.attempt)
        ends = [index for index, each in enumerate(messages) if each["kind"] in ("done", "lost")]
        if ends:
            messages, self._held = messages[: ends[0]], messages[ends[0] :]
            carrier.carry(last=True)
        elif not (self._held or self._fetches):
            carrier.carry()
        if self._held and not carrier.is_busy():
            messages, self._held, self._carrier = [*messages, *self._held], [], None
        return messages

    def _look(self, tick_s: float) -> list[Message]:
        dead = self._is_dead()  # first, so that its last words are read
        messages = self._channel.received()
        for message in messages:
            if message["kind"] == "ready":
                self.processor = message["processor"]
            elif message["kind"] == "done" and self._has_grown(message["resident"]):
                self.kill()
                return [*messages, lost(f"has grown to {message['resident'] >> 20} MiB", began=True)]
        began = self.processor is not None
        hangs = self._hangs(bool(messages), tick_s)
        if dead or not self._channel.is_open:
            messages.append(lost(self._kill(), began))
        elif hangs:
            self.kill()
            limit = f"{self._silence.limit_s:.0f} s"
            messages.append(lost(f"the process of the trial gave no sign of life for {limit}", began))
        return messages

    def _hangs(self, spoke: bool, tick_s: float) -> bool:
        """Whether there was no sign of life, a message or processor time, for too long; it needs none without work."""
        idle = self.processor is not None and (not self.running or self._fetches)
        used = machine.processor_time(self._process.pid)
        alive = spoke or idle or used is None or used - self._used >= _LIVING * self._silence.limit_s
        self._used = (used or 0.0) if alive else self._used
        return self._silence.lasts(alive, tick_s)

    def _has_grown(self, resident: int) -> bool:
        self._first_resident = self._first_resident or resident
        return resident - self._first_resident > GROWTH * machine.memory() * self._share

    def _is_dead(self) -> bool:
        """Whether the process has ended, which its connection does not show if it has left children."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return False
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def kill(self) -> None:
        """See `Worker`; kills its children, too."""
        self._kill()

    def _kill(self) -> str:
        if self._process.returncode is not None:  # its number may be another's by now
            return _reason(self._process.returncode)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._channel.close()
        return _reason(self._process.wait())

    def leave(self) -> None:
        """See `Worker`."""
        self._channel.close()

    def left(self) -> None:
        """See `Worker`; kills it if that takes too long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(LEAVE_S)
            return
        self.kill()


def _reason(code: int) -> str:
    if code >= 0:
        return f"the process of the trial ended with exit code {code}"
    hint = "; the machine may have run out of memory" if -code == signal.SIGKILL else ""
    return f"the process of the trial was killed by {signal.Signals(-code).name}{hint}"
