"""A worker of a Dask cluster, as the coordinator sees it."""

import collections

from distributed import Future

from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor import agent
from reactive_schedules.search.executor.errors import rebuilt
from reactive_schedules.search.executor.journal import Attempted
from reactive_schedules.search.executor.members import Members
from reactive_schedules.search.executor.scheduler import Scheduler
from reactive_schedules.search.executor.worker import Message, Running, Silence, lost
from reactive_schedules.search.searcher import Ask


class RemoteWorker:
    """A `Worker` of a cluster. It runs one attempt at a time, each a Dask task, see `agent`.

    Args:
        scheduler: The cluster's scheduler.
        members: Its workers.
        address: Address of the worker.
        search: The search.
    """

    def __init__(self, scheduler: Scheduler, members: Members, address: str, search: agent.Search) -> None:
        self.id = members.names[address]
        self.running: Running | None = None
        self.is_lost = False
        self.has_trained = False
        self._began = False
        self._scheduler, self._members, self._address, self._search = scheduler, members, address, search
        self._model = members.accepted[address]
        self._inbox: collections.deque[Message] = collections.deque()
        self._silence = Silence(search.silence_s)
        self._future: Future | None = None

    @property
    def processor(self) -> str | None:
        """Model of its processor; None while it works for others."""
        return None if not self.running and self._address in self._members.taken else self._model

    def fileno(self) -> int:
        """See `Worker`."""
        return self._scheduler.fileno()

    def give(self, ask: Ask, attempt: Attempted) -> None:
        """See `Worker`."""
        self.running = Running(self.id, ask, attempt)
        self._inbox.clear()
        self._began = False
        self._silence.lasts(alive=True, tick_s=0.0)
        rung = "" if ask.rung is None else f"-rung-{ask.rung}"
        fold = "" if ask.fold is None else f"-confirmation-{ask.fold + 1}"
        name = f"trial-{ask.number}{rung}{fold}-attempt-{attempt.number}"
        host = _host(self._address)
        share = 1 / max(1, sum(_host(address) == host for address in self._members.accepted))
        try:
            self._future = self._scheduler.start(
                self._address, name, agent.run, self._search, ask, attempt, share, inbox=self._inbox
            )
        except Exception:  # the scheduler is gone, as the next look will show
            self._future = None

    def look(self, tick_s: float) -> list[Message]:
        """See `Worker`."""
        messages = [self._inbox.popleft() for _ in range(len(self._inbox))]
        self._began = self._began or bool(messages)  # else, its task may have waited for one of others
        silent = self._silence.lasts(bool(messages) or not self.running, tick_s)
        messages = [message for message in messages if message["kind"] != "alive"]
        if self._address not in self._members.accepted:
            messages.append(self._lost("it has left the cluster", self._began))
        elif self.running and (last := self._last(silent)):
            messages.append(last)
        return messages

    def _last(self, silent: bool) -> Message | None:
        """The message with which the attempt ended; None if it has not."""
        future = self._future
        if future is None:
            return self._lost("the scheduler is gone", began=False)
        if future.status == "finished":
            self._future = None
            return self._ended(future)
        if future.status == "error":
            return self._lost(_error(future), self._began)
        if future.status != "pending":
            return self._lost("the connection to the scheduler is lost", began=False)
        if silent:
            self._members.check(self._address)
            return self._lost(f"it gave no sign of life for {self._search.silence_s:.0f} s", self._began)
        return None

    def _ended(self, future: Future) -> Message:
        try:
            message: Message = self._scheduler.result(future)
        except Exception as error:  # it left with the result
            return self._lost(summary_of(error), self._began)
        if message["kind"] == "done":
            self.has_trained = True
            return message
        if message["kind"] == "lost" and message["began"]:
            return self._lost(message["reason"], began=True)
        refused = message["kind"] == "refused"
        error = rebuilt(message["error"]) if refused else RuntimeError(message["reason"])
        self._members.refuse(self._address, error)
        return self._lost(summary_of(error), began=False)

    def _lost(self, reason: str, began: bool) -> Message:
        self.kill()
        return lost(reason, began)

    def kill(self) -> None:
        """See `Worker`; the worker itself stays in the cluster."""
        self.is_lost = True
        if self._future:
            self._scheduler.drop(self._future)

    def leave(self) -> None:
        """See `Worker`; the worker itself stays in the cluster, which tells it that the search has ended."""
        self.kill()

    def left(self) -> None:
        """See `Worker`; nothing is left to wait for."""


def _host(address: str) -> str:
    return address.rpartition(":")[0]


def _error(future: Future) -> str:
    try:
        future.result(timeout=0)
    except Exception as error:
        return summary_of(error)
    return "its task failed"
