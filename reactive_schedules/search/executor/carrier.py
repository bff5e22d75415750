"""Moves the checkpoints of an attempt between a disk and a store."""

import concurrent.futures
import contextlib
import dataclasses
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

from reactive_schedules import durable
from reactive_schedules.search.executor.store import Store
from reactive_schedules.training.checkpoint import Checkpoints

logger = logging.getLogger(__name__)

KEPT = 2
"""Checkpoints of an execution that an attempt keeps in the store."""


@dataclasses.dataclass(frozen=True)
class Route:
    """Where in a store an attempt has what must survive its machine; strings only.

    Attributes:
        store: URI of the store of the search.
        folder: Name below which its checkpoints go, as `<execution>/<epoch>.npz`.
        log: Name of its log.
        begin: Name of the checkpoint that an execution begins with, by execution.
    """

    store: str
    folder: str
    log: str
    begin: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Carrier:
    """Moves checkpoints and log of one attempt, in a thread of its own, so that nobody waits for a network.

    Args:
        route: Where they are in the store.
        folder: Folder of the checkpoints, each in a subfolder.
        log: File of the log.
    """

    def __init__(self, route: Route, folder: Path, log: Path) -> None:
        self._route, self._folder, self._log = route, folder, log
        self._seen: dict[str, tuple[int, int]] = {}
        self._names: dict[str, list[str]] = {}
        self._thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="carrier")
        self._moving = self._thread.submit(self._fetch)

    def is_busy(self) -> bool:
        """Whether something is being moved."""
        return not self._moving.done()

    def begun(self) -> None:
        """Does nothing if the checkpoints to begin with are there.

        Raises:
            Exception: They could not be fetched.
        """
        self._moving.result()

    def carry(self, last: bool = False) -> None:
        """Starts to put what is new into the store, unless something is being moved.

        Args:
            last: Whether this is the last call; what is being moved is then waited for, in the thread.
        """
        if last or not self.is_busy():
            self._moving = self._thread.submit(self._put)
        if last:
            self._thread.shutdown(wait=False)

    def _fetch(self) -> None:
        store = Store(self._route.store)
        for execution, name in self._route.begin.items():
            newest = Checkpoints(self._folder / execution).newest
            store.get_file(name, newest)
            self._seen[execution] = _identity(newest)

    def _put(self) -> None:
        try:
            store = Store(self._route.store)
            for execution in sorted(each.name for each in self._folder.iterdir() if each.is_dir()):
                self._put_newest(store, execution)
            if self._log.exists():
                store.put_file(self._route.log, self._log)
        except Exception as error:  # the trial can go on, and an earlier checkpoint gives the same result
            logger.warning("store: %s could not be written: %s", self._route.folder, error)

    def _put_newest(self, store: Store, execution: str) -> None:
        newest = Checkpoints(self._folder / execution).newest
        with contextlib.suppress(FileNotFoundError):
            if self._seen.get(execution) == (identity := _identity(newest)):
                return
            still = self._folder.with_name(f"{self._folder.name}.carried") / newest.name
            still.parent.mkdir(exist_ok=True)
            durable.link(newest, still)
            try:
                record = Checkpoints(still.parent).record()
                if record is None:
                    return
                name = f"{self._route.folder}/{execution}/{record['progress']['epoch']}.npz"
                store.put_file(name, still)
            finally:
                shutil.rmtree(still.parent)
            self._seen[execution] = identity
            names = [each for each in self._names.get(execution, []) if each != name]
            store.remove(names[: 1 - KEPT])
            self._names[execution] = [*names[1 - KEPT :], name]


def _identity(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_ino, status.st_mtime_ns
