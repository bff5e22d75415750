"""What a worker of a Dask cluster runs: it keeps a process for trials, and passes on what that says.

A trial does not run in the worker itself, because other threads there would change its result, and because a worker
that a trial keeps from answering is taken for dead. Each attempt is one Dask task.
"""

import contextlib
import dataclasses
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from multiprocessing import connection
from pathlib import Path
from typing import Any

from distributed import Worker, get_worker
from distributed.worker import WORKER_ANY_RUNNING

from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor import environment, inputs, machine
from reactive_schedules.search.executor.journal import Attempted
from reactive_schedules.search.executor.process import Process
from reactive_schedules.search.executor.store import Store
from reactive_schedules.search.executor.worker import Message, Work, lost
from reactive_schedules.search.searcher import Ask

BEAT_S = 4.0
"""Seconds between two signs of life."""

IDLE_S = 300.0
"""Seconds without an attempt after which a process leaves whose coordinator did not tell it to."""

TICK_S = 0.5

_MOVING_S = 0.05
"""Seconds between two looks at whether the store has what it is to have."""

_LOOK_S = 1.0
"""Seconds between two looks at whether the attempt is still wanted."""


@dataclasses.dataclass(frozen=True)
class Search:
    """What an agent has to know of a search; its fields are plain JSON, apart from `work`.

    Attributes:
        id: Topic of its agents' messages, different for each start of a coordinator.
        work: What all trials have in common.
        folder: Folder of the coordinator's journal.
        token: Name of an object in the store or, without one, of a file in the folder, which shows that it is the same.
        store: URI of the store of the search; None if all machines see the folder.
        variables: Environment variables of the processes that run trials.
        silence_s: Seconds without a sign of life after which a process is given up.
    """

    id: str
    work: Work
    folder: str
    token: str
    store: str | None
    variables: Mapping[str, str]
    silence_s: float


class _Unwanted(Exception):
    """The attempt was given up, or the coordinator is gone."""


def describe(search: Search) -> dict[str, Any]:
    """Says what this worker is: `facts`, `processor`, and `fault`, why it cannot take trials, or None."""
    work = search.work
    return {
        "facts": environment.facts([work.function, *work.code]),
        "processor": machine.processor(),
        "fault": _fault(search),
    }


def run(search: Search, ask: Ask, attempt: Attempted, share: float) -> Message:
    """Runs an attempt, and returns the message with which it ended.

    Args:
        search: The search.
        ask: What to train.
        attempt: The attempt. With a store, its folder and log are replaced by places on this machine.
        share: Share of the machine's memory that the process may use.
    """
    worker = get_worker()
    key, topic = worker.get_current_task(), search.id
    told = looked = time.monotonic()

    def tell(message: Message) -> None:
        nonlocal told
        told = time.monotonic()
        worker.log_event(topic, {**message, "key": key})

    def alive() -> None:
        nonlocal looked
        if time.monotonic() - told > min(BEAT_S, search.silence_s / 4):
            tell({"kind": "alive"})
        if time.monotonic() - looked > _LOOK_S:
            looked = time.monotonic()
            if not _is_wanted(worker, key):
                raise _Unwanted

    tell({"kind": "alive"})
    try:
        while not _lock.acquire(
            timeout=TICK_S
        ):  # until the last attempt, which is no longer wanted, has ended
            alive()
    except _Unwanted:
        return lost("it was given up", began=False)
    with _kept(search, Path(worker.local_directory)) as kept:
        try:
            ended = kept.run(ask, attempt, share, tell, alive)
            if not _is_wanted(worker, key):  # nobody will let the process leave
                kept.kill()
            return ended
        except _Unwanted:
            kept.kill()
            return lost("it was given up", began=False)
        except Exception as error:
            kept.kill()
            return lost(summary_of(error), began=False)


def leave(search_id: str) -> None:
    """Lets the process of a search leave, and deletes what the search has on this machine; does not wait for it."""
    threading.Thread(target=_leave, args=(search_id,), daemon=True).start()


class _Kept:
    """The process and the files that a worker keeps from one attempt to the next."""

    def __init__(self, search: Search, scratch: Path) -> None:
        self.search = search
        self._scratch = scratch / search.id
        self._process: Process | None = None
        self._work: Work | None = None

    def run(
        self,
        ask: Ask,
        attempt: Attempted,
        share: float,
        tell: Callable[[Message], None],
        alive: Callable[[], None],
    ) -> Message:
        """Runs an attempt; see the function of this name."""
        attempt = self._here(attempt)
        if self._work is None:
            self._work = self._with_inputs(alive)
        process = self._process
        if process and any(message["kind"] == "lost" for message in process.look(TICK_S)):
            process = None  # it died while it had nothing to do
        if process is None:
            process = self._process = Process(
                1, self._work, self.search.silence_s, self.search.variables, share
            )
        try:
            return self._run(process, ask, attempt, tell, alive)
        finally:
            if attempt.route:
                shutil.rmtree(attempt.folder, ignore_errors=True)

    def _run(
        self,
        process: Process,
        ask: Ask,
        attempt: Attempted,
        tell: Callable[[Message], None],
        alive: Callable[[], None],
    ) -> Message:
        last: Message | None = None
        while last is None:
            if process.processor and not process.running:
                process.give(ask, attempt)
            alive()
            open_end = [process.fileno()] if process.fileno() >= 0 else []
            connection.wait(open_end, _MOVING_S if process.is_moving() else TICK_S)
            for message in process.look(TICK_S):
                if message["kind"] in ("refused", "lost"):
                    self.kill()
                if message["kind"] in ("done", "refused", "lost"):
                    last = last or message
                elif message["kind"] != "ready":
                    tell(message)
        process.running = None
        return last

    def _here(self, attempt: Attempted) -> Attempted:
        """The attempt with folder and log on this machine."""
        if attempt.route is None:
            return attempt
        folder, log = self._scratch / attempt.route.folder, self._scratch / attempt.route.log
        folder.mkdir(parents=True, exist_ok=True)
        log.parent.mkdir(exist_ok=True)
        return dataclasses.replace(attempt, folder=folder, log=log)

    def _with_inputs(self, alive: Callable[[], None]) -> Work:
        work, store = self.search.work, self.search.store
        if store is None:
            return work
        folders = inputs.fetch(Store(store), work.inputs, self._scratch / "inputs", alive)
        return dataclasses.replace(work, inputs=folders)

    def kill(self) -> None:
        """Ends the process at once."""
        process, self._process = self._process, None
        if process:
            process.kill()

    def leave(self) -> None:
        """Lets the process leave, and deletes the files."""
        process, self._process = self._process, None
        if process:
            process.leave()
            process.left()
        shutil.rmtree(self._scratch, ignore_errors=True)


_lock = threading.Lock()
_held: _Kept | None = None
_leaves: threading.Timer | None = None


@contextlib.contextmanager
def _kept(search: Search, scratch: Path) -> Iterator[_Kept]:
    """What this worker keeps for a search, for an attempt that holds the lock, which is released."""
    global _held, _leaves
    try:
        if _leaves:
            _leaves.cancel()
        if _held and _held.search.id != search.id:
            _held.leave()
            _held = None
        _held = _held or _Kept(search, scratch)
        yield _held
    finally:
        _leaves = threading.Timer(IDLE_S, _leave, (search.id,))
        _leaves.daemon = True
        _leaves.start()
        _lock.release()


def _leave(search_id: str) -> None:
    global _held
    with _lock:
        if _held and _held.search.id == search_id:
            _held.leave()
            _held = None


def _is_wanted(worker: Worker, key: Any) -> bool:
    """Whether the scheduler still wants the task; it does not if its client has cancelled it or is gone."""
    task = worker.state.tasks.get(key)
    return worker.status in WORKER_ANY_RUNNING and task is not None and task.state == "executing"


def _fault(search: Search) -> str | None:
    """Why this worker cannot have the inputs and checkpoints of a search."""
    if search.store is None:
        if not Path(search.folder, search.token).exists():
            return f"it does not see {search.folder}; put that where all workers see it, or set store"
        for folder in search.work.inputs.values():
            if "://" not in folder and not Path(folder).is_dir():
                return f"it does not see {folder}; put that where all workers see it, or set store"
        return None
    try:
        store = Store(search.store)
        if store.get(search.token) is None:
            return f"it does not see {search.store}; use a store that all workers can access"
        store.put(f"{search.token}-seen", b"")
    except Exception as error:
        return f"it cannot use {search.store} ({summary_of(error)}); give it access"
    return None
