"""The workers of a Dask cluster, which run trials in place of this machine."""

import contextlib
import dataclasses
import logging
import secrets
import time
from pathlib import Path
from typing import Self

from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor import agent, environment, inputs
from reactive_schedules.search.executor.address import Tls
from reactive_schedules.search.executor.journal import Journal
from reactive_schedules.search.executor.members import Members
from reactive_schedules.search.executor.remote import RemoteWorker
from reactive_schedules.search.executor.scheduler import CONNECT_S, RETRY_S, Scheduler
from reactive_schedules.search.executor.worker import SILENCE_S, Work

logger = logging.getLogger(__name__)
progress = logging.getLogger("progress")

LEAVE_S = 5.0
"""Seconds for workers to hear that they are no longer needed."""

NOBODY_S = 120.0
"""Seconds without a worker after which the search goes on without the cluster, until a worker comes."""

POLL_S = 1.0
"""Seconds between two looks at who is there."""


class Cluster:
    """The workers of a Dask cluster, for a `Coordinator`. Use it in a `with` statement, which disconnects.

    Workers come and go as they like. One is used only if it has the same versions and code as this machine, and sees
    the checkpoints.

    Args:
        address: Address of the scheduler, see `address.resolved`.
        work: What all trials have in common.
        journal: The journal of the search. Its store, or else its folder, and the inputs must be seen by all workers.
        tls: Certificates; by default, those of Dask's own configuration.
        silence_s: Seconds without a sign of life after which a worker is given up.
        nobody_s: Seconds without a worker after which the search goes on without the cluster.
        timeout_s: Seconds for the scheduler to answer.
        have_inputs: Whether all workers have the inputs without the store, see `inputs.places`.

    Raises:
        ClusterError: The scheduler does not answer.
        StoreError: The store cannot be used.
    """

    def __init__(
        self,
        address: str,
        work: Work,
        journal: Journal,
        tls: Tls | None = None,
        silence_s: float = SILENCE_S,
        nobody_s: float = NOBODY_S,
        timeout_s: float = CONNECT_S,
        have_inputs: bool = False,
    ) -> None:
        self._journal, self._silence_s, self._nobody_s = journal, silence_s, nobody_s
        topic = f"search-{secrets.token_hex(4)}"
        self._scheduler = Scheduler(address, topic, tls, timeout_s)
        try:
            self._search = self._described(topic, work, have_inputs)
        except BaseException:
            self._scheduler.close()
            raise
        self._members = Members(self._scheduler, self._search)
        self._workers: dict[str, RemoteWorker] = {}
        self._is_proven = self._is_deserted = False
        self._poll_at = 0.0
        self._answered = self._attended = time.monotonic()

    def _described(self, topic: str, work: Work, have_inputs: bool) -> agent.Search:
        """What agents have to know. The inputs and a token are put where the workers have to find them."""
        folder, store, token = self._journal.folder, self._journal.store, f"{topic}.token"
        folder.mkdir(parents=True, exist_ok=True)
        if store:
            work = dataclasses.replace(work, inputs=inputs.put(store, work.inputs, have_inputs))
            store.put(token, b"")
        else:
            Path(folder, token).touch()
        uri = store.uri if store else None
        return agent.Search(topic, work, str(folder), token, uri, environment.variables(), self._silence_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._dismiss()
        self._scheduler.close()
        token = self._search.token
        self._journal.folder.joinpath(token).unlink(missing_ok=True)
        if store := self._journal.store:
            with contextlib.suppress(Exception):  # nobody needs it any longer
                store.remove(name for name in store.names() if name.startswith(token))

    def _dismiss(self) -> None:
        """Tells the workers that the search needs them no longer, and waits until they know, but not for long."""
        told = []
        with contextlib.suppress(Exception):  # the scheduler is gone, and with it the workers
            for number, address in enumerate(self._workers.keys() & self._members.accepted.keys()):
                told.append(self._scheduler.start(address, f"leave-{number}", agent.leave, self._search.id))
            deadline = time.monotonic() + LEAVE_S
            for each in told:
                each.result(timeout=max(0.0, deadline - time.monotonic()))

    def joined(self) -> list[RemoteWorker]:
        """Returns the workers that can be used and were not returned before, or were lost since.

        Raises:
            ClusterError: There are workers, but none can be used.
            Exception: What prevents all workers from running trials.
        """
        self._scheduler.heard()
        if time.monotonic() >= self._poll_at:
            self._poll()
        self._is_proven = self._is_proven or any(each.has_trained for each in self._workers.values())
        if not self._is_proven:
            self._members.require_one()
        new = [
            address
            for address in self._members.accepted
            if address not in self._workers or self._workers[address].is_lost
        ]
        for address in new:
            self._workers[address] = RemoteWorker(self._scheduler, self._members, address, self._search)
        return [self._workers[address] for address in new]

    def is_deserted(self) -> bool:
        """Whether there has been no worker to use for too long."""
        now = time.monotonic()
        if self._members.accepted.keys() - self._members.taken:
            self._attended, self._is_deserted = now, False
        elif now - self._attended > self._nobody_s and not self._is_deserted:
            self._is_deserted = self._is_proven = True  # from now on, the search can do without a cluster
            progress.warning(
                "cluster: no worker for %.0f s; this machine runs the trials until one comes",
                self._nobody_s,
            )
        return self._is_deserted

    def _poll(self) -> None:
        """Asks the scheduler who is there."""
        self._poll_at = time.monotonic() + POLL_S
        try:
            self._members.update(self._scheduler.workers())
            self._answered = time.monotonic()
        except Exception as error:
            logger.warning("the scheduler does not answer: %s", summary_of(error))
            self._poll_at = time.monotonic() + RETRY_S
            if time.monotonic() - self._answered > self._silence_s:
                self._members.update({})
