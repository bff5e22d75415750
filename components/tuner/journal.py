"""The state of a search, in files that survive its processes."""

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from components import plain_json
from reactive_schedules import durable
from reactive_schedules.search.searcher import Ask, key

LOCK_LIMIT_S = 120
"""Seconds that a worker waits for another worker with the same trial, whose connection may be lost."""


class Journal:
    """The results and checkpoints of all trials, with one subfolder per trial.

    A trial's folder contains:

    - its result at each rung, `rung-<n>.json`, or `result.json` for a search without rungs, written atomically;
    - the checkpoints of its executions;
    - `starts`, which is locked while the trial is trained. It has one line for each start that did not end: the
      number of epochs done by then, and the process id. The system releases the lock of a process that dies.

    Args:
        folder: Folder that all workers can access; created on the first write.
    """

    def __init__(self, folder: str | os.PathLike) -> None:
        self.folder = Path(folder)

    def result(self, ask: Ask) -> dict[str, Any] | None:
        """Returns the result of a trial at its rung; None if there is none yet."""
        return _read(self._result_file(ask))

    def results(self) -> list[dict[str, Any]]:
        """Returns all results, in no particular order."""
        files = [file for name in ("rung-*.json", "result.json") for file in self.folder.glob(f"*/{name}")]
        return [result for file in files if (result := _read(file)) is not None]

    def write(self, ask: Ask, outcome: Mapping[str, Any]) -> None:
        """Writes the result of a trial at its rung."""
        file = self._result_file(ask)
        file.parent.mkdir(parents=True, exist_ok=True)
        durable.write(file, plain_json.dumps({**dataclasses.asdict(ask), **outcome}).encode())

    def checkpoints(self, ask: Ask, execution: int) -> Path:
        """Returns the checkpoint folder of one execution, shared by all rungs."""
        return self._trial(ask) / f"execution-{execution}"

    def forget_state(self, ask: Ask) -> None:
        """Deletes the checkpoints of a trial that will not be continued."""
        for folder in self._trial(ask).glob("execution-*"):
            shutil.rmtree(folder)

    @contextlib.contextmanager
    def training(self, ask: Ask, epochs: int) -> Iterator[int]:
        """Locks a trial, and yields the number of earlier starts after `epochs` epochs that did not end.

        Args:
            ask: Trial to lock.
            epochs: Number of epochs done so far.

        Raises:
            TimeoutError: Another process holds the lock.
        """
        file = self._starts_file(ask)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a+", encoding="utf-8") as starts:
            _lock(starts)
            starts.seek(0)
            before = starts.read()
            starts.write(f"{epochs} {os.getpid()}\n")
            starts.flush()
            try:
                yield sum(line.split()[0] == str(epochs) for line in before.splitlines())
            finally:
                starts.truncate(len(before))

    def starts(self, ask: Ask) -> list[int]:
        """Returns the ids of the processes that started the trial but did not end it; the last may still run."""
        try:
            lines = self._starts_file(ask).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [int(line.split()[-1]) for line in lines]

    def forget_starts(self, ask: Ask) -> None:
        """Deletes the record of earlier starts, so that they no longer count against the trial."""
        with contextlib.suppress(FileNotFoundError):
            os.truncate(self._starts_file(ask), 0)

    def _starts_file(self, ask: Ask) -> Path:
        return self._trial(ask) / "starts"

    def _trial(self, ask: Ask) -> Path:
        # After an update, a library may propose other values: they must not find the results of the old ones.
        # A continued trial has the same values, apart from KerasTuner's own.
        digest = hashlib.sha256(key(ask.values).encode()).hexdigest()
        return self.folder / f"trial-{ask.trial_id}-{digest[:8]}"

    def _result_file(self, ask: Ask) -> Path:
        name = "result.json" if ask.rung is None else f"rung-{ask.rung}.json"
        return self._trial(ask) / name


def _read(file: Path) -> dict[str, Any] | None:
    try:
        return json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):  # a damaged result is computed again
        return None


def _lock(file: IO) -> None:
    deadline = time.monotonic() + LOCK_LIMIT_S
    while not _locked(file):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{file.name} is locked by another process; is the same search running twice?")
        time.sleep(0.1)


def _locked(file: IO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
