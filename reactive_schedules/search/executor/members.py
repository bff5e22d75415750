"""Which workers of a cluster can run the trials of a search."""

import itertools
import logging

from distributed import Future

from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor import agent, environment
from reactive_schedules.search.executor.address import ClusterError
from reactive_schedules.search.executor.scheduler import Scheduler

progress = logging.getLogger("progress")


class Members:
    """The workers of a cluster, each checked before it is used.

    Args:
        scheduler: The cluster's scheduler.
        search: The search.

    Attributes:
        accepted: Models of the processors of workers that can be used, by address.
        taken: Addresses of workers that have tasks of others.
        names: Names for the user, by address.
    """

    def __init__(self, scheduler: Scheduler, search: agent.Search) -> None:
        self.accepted: dict[str, str] = {}
        self.taken: set[str] = set()
        self.names: dict[str, str] = {}
        self._scheduler, self._search = scheduler, search
        self._ours = environment.facts([search.work.function, *search.work.code])
        self._checks: dict[str, Future] = {}
        self._refused: dict[str, Exception] = {}
        self._numbers = itertools.count(1)

    def update(self, workers: dict[str, tuple[str, bool]]) -> None:
        """Takes note of who has come and gone.

        Args:
            workers: Names by address, and whether they have tasks of others.
        """
        for known in (self.accepted, self._refused, self._checks):
            for address in known.keys() - workers.keys():
                del known[address]
        self.taken = {address for address, (_, taken) in workers.items() if taken}
        for address, (name, _) in workers.items():
            host = address.partition("://")[2]
            self.names[address] = host if name == address or name.isdigit() else f"{name} ({host})"
            if not any(address in known for known in (self.accepted, self._refused, self._checks)):
                self.check(address)
        for address, check in [*self._checks.items()]:
            if check.done():
                del self._checks[address]
                self._judge(address, check)

    def check(self, address: str) -> None:
        """Uses a worker only when it has answered, again if it did before."""
        self.accepted.pop(address, None)
        name = f"check-{next(self._numbers)}"
        self._checks[address] = self._scheduler.start(address, name, agent.describe, self._search)

    def refuse(self, address: str, error: Exception) -> None:
        """Does without a worker from now on, and says why."""
        self.accepted.pop(address, None)
        self._refused[address] = error
        reason = str(error) if isinstance(error, ClusterError) else summary_of(error)
        progress.warning("cluster: worker %s is not used: %s", self.names[address], reason)

    def require_one(self) -> None:
        """Checks that not all workers are refused.

        Raises:
            ClusterError: They are, by the check.
            Exception: They are, because of this error of the trials' preparation.
        """
        if self.accepted or self._checks or not self._refused:
            return
        address, error = next(iter(self._refused.items()))
        if not isinstance(error, ClusterError):
            raise error
        others = len(self._refused) - 1
        more = f" and {others} more" if others else ""
        raise ClusterError(f"cluster: no worker can be used; {self.names[address]}{more}: {error}")

    def _judge(self, address: str, check: Future) -> None:
        try:
            found = self._scheduler.result(check)
        except ModuleNotFoundError as error:
            remedy = "start it where this project is installed"
            self.refuse(address, ClusterError(f"it cannot import {error.name}; {remedy}"))
        except Exception as error:
            self.refuse(address, ClusterError(f"it cannot be checked ({summary_of(error)})"))
        else:
            if fault := environment.difference(self._ours, found["facts"]) or found["fault"]:
                self.refuse(address, ClusterError(fault))
            else:
                self.accepted[address] = found["processor"]
