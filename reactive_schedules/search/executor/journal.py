"""The state of a search, in files that survive its processes."""

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from reactive_schedules import durable
from reactive_schedules.search.executor.carrier import Route
from reactive_schedules.search.executor.store import Store
from reactive_schedules.search.searcher import Ask, key
from reactive_schedules.training.checkpoint import Checkpoints

FINISHED, INTERRUPTED = "finished", "interrupted"
"""How an attempt ended if not by the death of its process: with a result, or with the search."""

LOGS = "logs"
"""Folder of the journal with a log file for each attempt."""


_STATE = ".npz"

_SPENT = "time/spent.json"


@dataclasses.dataclass(frozen=True)
class Attempted:
    """An attempt at a trial, as the coordinator gives it out.

    Attributes:
        number: Number of the attempt, counted from 1 over all rungs and all runs of the search.
        folder: Folder for its checkpoints.
        log: Its log file.
        route: Where its checkpoints and its log go in a store; None if folder and log are where all workers see them.
    """

    number: int
    folder: Path
    log: Path
    route: Route | None = None


class Journal:
    """The results and checkpoints of all trials, with one subfolder per trial. Only the coordinator writes to it.

    A trial's folder contains:

    - its result at each rung, `rung-<n>.json`, or `result.json` for a search without rungs, written atomically;
    - `attempts.json`, see `attempts`;
    - a folder of checkpoints for the last attempt, and for earlier ones until it has begun. Nothing but an attempt
      writes to its folder, so one that was given up, but goes on somewhere, cannot do harm.

    With a store, checkpoints are only there, as `<trial>/<attempt>/<execution>/<epoch>.npz`; logs, results and attempts
    are in both places, so that a search can go on on another machine.

    Args:
        folder: Folder that all workers can access if there is no store; created on the first write.
        store: Store that all workers can access.
    """

    def __init__(self, folder: str | os.PathLike, store: Store | None = None) -> None:
        self.folder, self.store = Path(folder), store
        for name in store.names() if store is not None else ():
            assert store
            if name.endswith(".json") and name.count("/") == 1 and not (self.folder / name).exists():
                store.get_file(name, self.folder / name)

    def result(self, ask: Ask) -> dict[str, Any] | None:
        """The result of a trial at its rung; None if there is none yet."""
        return _read(self._result_file(ask))

    def results(self) -> list[dict[str, Any]]:
        """All results, in no particular order."""
        files = [file for name in ("rung-*.json", "result.json") for file in self.folder.glob(f"*/{name}")]
        return [result for file in files if (result := _read(file)) is not None]

    def write(self, ask: Ask, outcome: Mapping[str, Any]) -> dict[str, Any]:
        """Writes the result of a trial at its rung, and returns it."""
        file, result = self._result_file(ask), {**dataclasses.asdict(ask), **outcome}
        self._write(file, json.dumps(result, allow_nan=False).encode())
        return result

    def spent_s(self) -> float:
        """The seconds that the search has taken, as far as `spend` was told."""
        return _read(self.folder / _SPENT) or 0.0

    def spend(self, seconds: float) -> None:
        """Keeps the number of seconds that the search has taken, over all its runs."""
        self._write(self.folder / _SPENT, json.dumps(seconds).encode())

    def attempts(self, ask: Ask) -> list[dict[str, Any]]:
        """The attempts at a trial, over all rungs and all runs of the search, as plain JSON.

        Each has `worker` (number of the process, or name of the worker, that it ran in; None if it was lost before it
        began), `epochs` (finished epochs when it began) and `end`: `finished`, `interrupted`, the reason why its
        process died, or None if it has not ended, or the search died before it.
        """
        return _read(self._attempts_file(ask)) or []

    def begin(self, ask: Ask, worker: int | str) -> Attempted:
        """Begins an attempt at a trial, from the newest epoch of any earlier attempt."""
        trial, begun = self._trial(ask), self.attempts(ask)
        earlier, number = _folders(trial), len(begun) + 1
        while True:
            try:
                (folder := trial / str(number)).mkdir(parents=True)
                break
            except (
                FileExistsError
            ):  # begun by a coordinator that died before it wrote so, or that is not dead
                number += 1
        states = self._stored(ask) if self.store else {}
        if self.store:
            epochs = sum(epoch for epoch, *_ in states.values())
            self._keep(ask, {name for *_, name in states.values()})
        else:
            names = {each.name for attempt in earlier for each in attempt.iterdir() if each.is_dir()}
            epochs = sum(_take_over([attempt / name for attempt in earlier], folder / name) for name in names)
        durable.flush(trial)
        for attempt in earlier:
            shutil.rmtree(attempt, ignore_errors=True)
        lost = {"worker": None, "epochs": epochs, "end": None}
        begun += [lost] * (number - len(begun) - 1) + [{**lost, "worker": worker}]
        self._write_attempts(ask, begun)
        log = self.folder / LOGS / f"trial-{ask.trial_id}-attempt-{number}.log"
        log.parent.mkdir(exist_ok=True)
        route = None
        if self.store:
            begin = {execution: name for execution, (*_, name) in states.items()}
            route = Route(self.store.uri, self._name(folder), self._name(log), begin)
        return Attempted(number, folder, log, route)

    def end(self, ask: Ask, attempt: Attempted, end: str) -> None:
        """Records how an attempt ended, see `attempts`."""
        attempts = self.attempts(ask)
        attempts[attempt.number - 1] = {**attempts[attempt.number - 1], "end": end}
        self._write_attempts(ask, attempts)

    def fetch_log(self, attempt: Attempted) -> None:
        """Fetches the log of an attempt that has ended from the store, if that has it."""
        if self.store and not attempt.log.exists():
            with contextlib.suppress(FileNotFoundError):
                self.store.get_file(self._name(attempt.log), attempt.log)

    def deaths(self, ask: Ask) -> tuple[int, int]:
        """The number of finished epochs, and of attempts whose processes have died since the last of them."""
        attempts, newest = self.attempts(ask), _folders(self._trial(ask))
        if self.store:
            epochs = sum(epoch for epoch, *_ in self._stored(ask).values())
        else:
            names = {each.name for attempt in newest for each in attempt.iterdir() if each.is_dir()}
            epochs = sum(max(_epochs(attempt / name) for attempt in newest) for name in names)
        reached = [*(each["epochs"] for each in attempts[1:]), epochs]  # by an attempt: where the next began
        return epochs, sum(
            each["end"] not in (FINISHED, INTERRUPTED) and last == epochs
            for each, last in zip(attempts, reached, strict=False)
        )

    def forget_state(self, ask: Ask) -> None:
        """Deletes the checkpoints of a trial that will not be continued."""
        for folder in _folders(self._trial(ask)):
            shutil.rmtree(folder, ignore_errors=True)
        if self.store:
            self._keep(ask, set())

    def remove(self) -> None:
        """Deletes everything."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.store:
            self.store.clear()

    def _stored(self, ask: Ask) -> dict[str, tuple[int, int, str]]:
        """The newest checkpoint in the store, by execution: its epoch, attempt, and name."""
        assert self.store
        found: dict[str, tuple[int, int, str]] = {}
        for name in self._states(ask):
            _, attempt, execution, file = name.split("/")
            state = int(file.removesuffix(_STATE)), int(attempt), name
            found[execution] = max(state, found.get(execution, state))
        return found

    def _states(self, ask: Ask) -> list[str]:
        assert self.store
        names = self.store.names(self._name(self._trial(ask)))
        return [name for name in names if name.endswith(_STATE)]

    def _keep(self, ask: Ask, states: Set[str]) -> None:
        """Deletes the other checkpoints of a trial from the store."""
        assert self.store
        self.store.remove(name for name in self._states(ask) if name not in states)

    def _write_attempts(self, ask: Ask, attempts: list[dict[str, Any]]) -> None:
        self._write(self._attempts_file(ask), json.dumps(attempts).encode())

    def _write(self, file: Path, content: bytes) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        durable.write(file, content)
        if self.store:
            self.store.put(self._name(file), content)

    def _name(self, file: Path) -> str:
        return file.relative_to(self.folder).as_posix()

    def _attempts_file(self, ask: Ask) -> Path:
        return self._trial(ask) / "attempts.json"

    def _trial(self, ask: Ask) -> Path:
        # After an update, a library may propose other values: they must not find the results of the old ones.
        # A continued trial has the same values, apart from KerasTuner's own.
        digest = hashlib.sha256(key(ask.values).encode()).hexdigest()
        return self.folder / f"trial-{ask.trial_id}-{digest[:8]}"

    def _result_file(self, ask: Ask) -> Path:
        name = "result.json" if ask.rung is None else f"rung-{ask.rung}.json"
        return self._trial(ask) / name


def _folders(trial: Path) -> list[Path]:
    """The folders of a trial's attempts, in order."""
    return sorted((each for each in trial.glob("*") if each.name.isdigit()), key=lambda each: int(each.name))


def _take_over(earlier: list[Path], folder: Path) -> int:
    """Puts the checkpoints of the newest epoch into a folder; returns the number of finished epochs.

    They are linked, not copied: a checkpoint is replaced, but never changed.
    """
    newest = max(reversed(earlier), key=_epochs)
    folder.mkdir()
    for file in (Checkpoints(newest).newest, Checkpoints(newest).previous):
        with contextlib.suppress(FileNotFoundError):
            durable.link(file, folder / file.name)
    durable.flush(folder)
    return _epochs(folder)


def _epochs(folder: Path) -> int:
    record = Checkpoints(folder).record()
    return record["progress"]["epoch"] if record else 0


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):  # a damaged result is computed again
        return None
