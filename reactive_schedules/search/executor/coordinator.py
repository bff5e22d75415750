"""Hands out the asks of a search to workers, and records what becomes of them."""

import collections
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from multiprocessing import connection
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from reactive_schedules.search.executor import devices
from reactive_schedules.search.executor.earlier import Earlier
from reactive_schedules.search.executor.errors import rebuilt
from reactive_schedules.search.executor.journal import FINISHED, INTERRUPTED, Journal
from reactive_schedules.search.executor.process import Process
from reactive_schedules.search.executor.results import answer, ended, failure
from reactive_schedules.search.executor.worker import SILENCE_S, Message, Running, Work, Worker
from reactive_schedules.search.searcher import Ask, Searcher

if TYPE_CHECKING:
    from reactive_schedules.search.executor.cluster import Cluster

logger = logging.getLogger(__name__)
progress = logging.getLogger("progress")

MAX_DEATHS = 3
"""Number of times that a trial may end its process without finishing another epoch, before it counts as failed."""

MAX_STARTS = 3
"""Number of processes in a row that may end before they are ready."""

TICK_S = 0.5


Watch = Callable[[Sequence[Running], Sequence[Mapping[str, Any]]], None]


class WorkerEnded(RuntimeError):
    """Processes end before they can run a trial."""


class Coordinator:
    """Runs trials in processes of this machine or on a cluster. Use it in a `with` statement, which ends the processes.

    A worker gets an ask when it is free, never before. When it dies, grows too large or gives no sign of life, it is
    replaced, and its trial goes on after its last finished epoch.

    Args:
        work: What all trials have in common.
        journal: Where results, checkpoints and logs are kept.
        last: `Ask.until` of the highest rung, whose checkpoints are not kept.
        processes: Number of trials at a time on this machine.
        watch: Function that is called regularly with what is running and all results so far.
        silence_s: Seconds without a sign of life after which a worker is given up.
        cluster: Workers that run the trials in place of this machine, which does so only if there are none.
        trial_s: Seconds after which a trial that has no result is ended, and has failed; None for no limit.
        earlier: Results of earlier searches, which are not computed again.

    Raises:
        ValueError: `processes` is not positive.
    """

    def __init__(
        self,
        work: Work,
        journal: Journal,
        last: int | None,
        processes: int = 1,
        watch: Watch = lambda running, results: None,
        silence_s: float = SILENCE_S,
        cluster: "Cluster | None" = None,
        trial_s: float | None = None,
        earlier: Earlier | None = None,
    ) -> None:
        if processes < 1:
            raise ValueError(f"processes: must be at least 1; got {processes}")
        self._work, self._journal, self._last, self._processes = work, journal, last, processes
        self._watch, self._silence_s, self._cluster = watch, silence_s, cluster
        self._trial_s, self._earlier = trial_s, earlier
        self._workers: list[Worker] = []
        self._waiting: collections.deque[Ask] = collections.deque()
        self._failed_starts = 0
        self._devices = devices.visible(os.environ)
        if said := devices.shortage(processes, self._devices):
            logger.warning(said)
        self._results = journal.results()
        watch((), self._results)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.leave() if error is None else worker.kill()
        for worker in workers:
            if error is None:
                worker.left()
            elif worker.running:  # not by its own fault
                self._journal.end(worker.running.ask, worker.running.attempt, INTERRUPTED)

    @property
    def results(self) -> Sequence[dict[str, Any]]:
        """All results so far, in no particular order."""
        return self._results

    def search(self, searcher: Searcher, is_over: Callable[[], bool] = lambda: False) -> list[dict[str, Any]]:
        """Runs a search to its end; returns the results in the order in which the searcher asked for them.

        Args:
            searcher: The search.
            is_over: Function that says whether to end it at once, with the results that there are.
        """
        results = []
        while asks := searcher.ask():
            found = self.run(asks, is_over)
            if len(found) < len(asks):
                return results + found
            searcher.tell(answer(result, searcher.direction) for result in found)
            results += found
        return results

    def run(self, asks: Iterable[Ask], is_over: Callable[[], bool] = lambda: False) -> list[dict[str, Any]]:
        """Runs trials until the journal has the result of each; returns the results in the order of the asks.

        Args:
            asks: What to run.
            is_over: Function that says whether to end at once, with the results that there are.

        Raises:
            WorkerEnded: Processes repeatedly end before they are ready.
            Exception: A process cannot be prepared, for example because the data cannot be used.
        """
        asks = list(asks)
        self._take_over(ask for ask in asks if self._journal.result(ask) is None)
        while self._waiting or self._running():
            if is_over():
                self._stop()
                break
            self._hand_out()
            open_ends = {end for worker in self._workers if (end := worker.fileno()) >= 0}
            connection.wait(open_ends, TICK_S)
            for worker in [*self._workers]:
                for message in worker.look(TICK_S):
                    self._hear(worker, message)
                self._limit(worker)
            self._watch(self._running(), self._results)
        results = [self._journal.result(ask) for ask in asks]
        return [result for result in results if result is not None]

    def _take_over(self, asks: Iterable[Ask]) -> None:
        """Takes the results that earlier searches have; the other asks wait."""
        taken = 0
        for ask in asks:
            if self._earlier and (known := self._earlier.result(ask)):
                self._results.append(self._journal.write(ask, known))
                taken += 1
            else:
                self._waiting.append(ask)
        if taken:
            known = f"{taken} training{' is' if taken == 1 else 's are'} known"
            progress.info(f"{known} from an earlier search")
            self._watch((), self._results)

    def _stop(self) -> None:
        """Ends what is running, which has no result then."""
        self._waiting.clear()
        for worker in [*self._workers]:
            if running := worker.running:
                self._workers.remove(worker)
                worker.kill()
                self._journal.fetch_log(running.attempt)
                self._journal.end(running.ask, running.attempt, INTERRUPTED)

    def _limit(self, worker: Worker) -> None:
        """Ends a trial that takes too long."""
        running = worker.running
        if not running or worker not in self._workers or self._trial_s is None:
            return
        if time.monotonic() - running.since < self._trial_s:
            return
        self._workers.remove(worker)
        worker.kill()
        where = f"after epoch {running.epochs}" if running.epochs else "in the first epoch"
        reason = (
            f"TimeoutError: the trial was ended {where}, {self._trial_s:g} s after it began (trial_limit)"
        )
        self._journal.fetch_log(running.attempt)
        self._journal.end(running.ask, running.attempt, reason)
        self._finish(running.ask, failure(reason))

    def _running(self) -> list[Running]:
        return [worker.running for worker in self._workers if worker.running]

    def _hand_out(self) -> None:
        """Gives an ask to each worker that is free, and starts the processes that are lacking."""
        if self._cluster:
            self._workers.extend(self._cluster.joined())
        here = self._processes if self._cluster is None or self._cluster.is_deserted() else 0
        for worker in [*self._workers]:
            if worker.processor and not worker.running:
                if here or not isinstance(worker, Process):
                    self._give(worker)
                else:  # the cluster has workers again
                    self._workers.remove(worker)
                    worker.leave()
                    worker.left()
        numbers = {worker.id for worker in self._workers if isinstance(worker, Process)}
        wanted = min(here, len(self._waiting) + sum(1 for each in self._running() if each.worker in numbers))
        for number in range(1, here + 1):
            if number not in numbers and len(numbers) < wanted:
                device = devices.environment(
                    number, self._processes, self._devices, self._work.several_devices
                )
                share = 1 / self._processes
                self._workers.append(Process(number, self._work, self._silence_s, device, share))
                numbers.add(number)

    def _give(self, worker: Worker) -> None:
        while self._waiting:
            ask = self._waiting.popleft()
            epochs, died = self._journal.deaths(ask)
            if died < MAX_DEATHS:
                worker.give(ask, self._journal.begin(ask, worker.id))
                return
            self._finish(ask, failure(_died(died, epochs, "the machine may have run out of memory")))

    def _hear(self, worker: Worker, message: Message) -> None:
        running = worker.running
        match message:
            case {"kind": "ready"}:
                self._failed_starts = 0
            case {"kind": "refused", "error": error}:
                raise rebuilt(error)
            case {"kind": "said", "line": line}:
                progress.info(line)
            case {"kind": "epoch", "epochs": epochs, "score": score} if running:
                running.epochs, running.score = epochs, score
            case {"kind": "done", "outcome": outcome} if running:
                worker.running = None
                self._journal.end(running.ask, running.attempt, FINISHED)
                self._journal.fetch_log(running.attempt)
                ran = {"threads": self._work.threads, "processor": worker.processor}
                self._finish(running.ask, {**outcome, **ran})
            case {"kind": "lost", "reason": reason, "began": began}:
                self._lose(worker, reason, began)

    def _lose(self, worker: Worker, reason: str, began: bool) -> None:
        """Forgets a worker that has ended; its trial goes on in another one, unless it ends too many of them."""
        self._workers.remove(worker)
        where = f"process {worker.id}" if isinstance(worker, Process) else f"worker {worker.id}"
        level = logging.WARNING if worker.running or not began else logging.INFO
        logger.log(level, "%s: %s", where, reason)
        if worker.running:
            self._go_on(worker.running, reason, began)
        if not began and (not self._cluster or isinstance(worker, Process)):
            self._failed_starts += 1
            if self._failed_starts == MAX_STARTS:
                raise WorkerEnded(f"{MAX_STARTS} processes in a row could not begin: {reason}")

    def _go_on(self, running: Running, reason: str, blamed: bool) -> None:
        """Puts a trial back whose worker is lost, unless that is its own fault once too often."""
        ask = running.ask
        self._journal.fetch_log(running.attempt)
        self._journal.end(ask, running.attempt, reason if blamed else INTERRUPTED)
        epochs, died = self._journal.deaths(ask)
        if died >= MAX_DEATHS:
            self._finish(ask, failure(_died(died, epochs, reason)))
        else:
            self._waiting.appendleft(ask)

    def _finish(self, ask: Ask, outcome: dict[str, Any]) -> None:
        ran = {"threads": self._work.threads, "processor": None, "attempts": self._journal.attempts(ask)}
        result = self._journal.write(ask, {**ran, **outcome})
        self._results.append(result)
        if ended(outcome) or ask.until == self._last:
            self._journal.forget_state(ask)


def _died(times: int, epochs: int, reason: str) -> str:
    after = f"after epoch {epochs}" if epochs else "in the first epoch"
    return f"WorkerEnded: the trial ended its process {times} times {after}; {reason}"
