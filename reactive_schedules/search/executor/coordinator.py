"""Hands out the asks of a search to processes, and records what becomes of them."""

import collections
import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from multiprocessing import connection
from types import TracebackType
from typing import Any, Self

from reactive_schedules.search.executor import devices, machine
from reactive_schedules.search.executor.errors import rebuilt
from reactive_schedules.search.executor.journal import FINISHED, INTERRUPTED, Journal
from reactive_schedules.search.executor.results import answer, ended, failure
from reactive_schedules.search.executor.worker import Running, Work, Worker
from reactive_schedules.search.searcher import Ask, Searcher

logger = logging.getLogger(__name__)
progress = logging.getLogger("progress")

MAX_DEATHS = 3
"""Number of times that a trial may end its process without finishing another epoch, before it counts as failed."""

MAX_STARTS = 3
"""Number of processes in a row that may end before they are ready."""

SILENCE_S = 120.0
"""Seconds without a sign of life, see `Worker.hangs`, after which a process is replaced."""

GROWTH = 0.25
"""Share of the memory by which all processes together may grow after their first trials before they are replaced."""

TICK_S = 0.5


Watch = Callable[[Sequence[Running], Sequence[Mapping[str, Any]]], None]


class WorkerEnded(RuntimeError):
    """Processes end before they can run a trial."""


class Coordinator:
    """Runs trials in processes of this machine. Use it in a `with` statement, which ends the processes.

    A process gets an ask when it is free, never before. When it dies, grows too large or gives no sign of life, it is
    replaced, and its trial goes on after its last finished epoch.

    Args:
        work: What all trials have in common.
        journal: Where results, checkpoints and logs are kept.
        last: `Ask.until` of the highest rung, whose checkpoints are not kept.
        processes: Number of trials at a time.
        watch: Function that is called regularly with what is running and all results so far.
        silence_s: Seconds without a sign of life after which a process is replaced.

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
    ) -> None:
        if processes < 1:
            raise ValueError(f"processes: must be at least 1; got {processes}")
        self._work, self._journal, self._last, self._processes = work, journal, last, processes
        self._watch, self._silence_s = watch, silence_s
        self._workers: dict[int, Worker] = {}
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
        workers, self._workers = [*self._workers.values()], {}
        if error is None:
            for worker in workers:
                worker.leave()
            for worker in workers:
                worker.left()
            return
        for worker in workers:
            worker.kill()
        for worker in workers:
            if worker.running:  # not by its own fault
                self._journal.end(worker.running.ask, worker.running.attempt, INTERRUPTED)

    def search(self, searcher: Searcher) -> list[dict[str, Any]]:
        """Runs a search to its end; returns the results in the order in which the searcher asked for them."""
        results = []
        while asks := searcher.ask():
            found = self.run(asks)
            searcher.tell(answer(result, searcher.direction) for result in found)
            results += found
        return results

    def run(self, asks: Iterable[Ask]) -> list[dict[str, Any]]:
        """Runs trials until the journal has the result of each; returns the results in the order of the asks.

        Raises:
            WorkerEnded: Processes repeatedly end before they are ready.
            Exception: A process cannot be prepared, for example because the data cannot be used.
        """
        asks = list(asks)
        self._waiting.extend(ask for ask in asks if self._journal.result(ask) is None)
        while self._waiting or self._running():
            self._hand_out()
            workers = [*self._workers.values()]
            connection.wait([worker.channel.fileno() for worker in workers], TICK_S)
            for worker in workers:
                self._look_at(worker)
            self._watch(self._running(), self._results)
        results = [self._journal.result(ask) for ask in asks]
        assert None not in results
        return [result for result in results if result is not None]

    def _running(self) -> list[Running]:
        return [worker.running for worker in self._workers.values() if worker.running]

    def _hand_out(self) -> None:
        """Gives an ask to each process that is free, and starts the processes that are lacking."""
        for worker in [*self._workers.values()]:
            if worker.processor and not worker.running:
                self._give(worker)
        wanted = min(self._processes, len(self._waiting) + len(self._running()))
        for number in range(1, self._processes + 1):
            if number not in self._workers and len(self._workers) < wanted:
                device = devices.environment(number, self._processes, self._devices)
                self._workers[number] = Worker(number, self._work, self._silence_s, device)

    def _give(self, worker: Worker) -> None:
        while self._waiting:
            ask = self._waiting.popleft()
            epochs, died = self._journal.deaths(ask)
            if died < MAX_DEATHS:
                attempt = self._journal.begin(ask, worker.number)
                with contextlib.suppress(OSError):  # it is gone, as the next look will show
                    worker.give(ask, attempt)
                return
            self._finish(ask, failure(_died(died, epochs, "the machine may have run out of memory")))

    def _look_at(self, worker: Worker) -> None:
        dead = worker.is_dead()  # first, so that its last words are read
        messages = worker.channel.received()
        for message in messages:
            self._hear(worker, message)
        if worker.number not in self._workers:
            return
        hangs = worker.hangs(bool(messages), TICK_S)
        if dead or not worker.channel.is_open:
            self._lose(worker, worker.kill())
        elif hangs:
            worker.kill()
            self._lose(worker, f"the process of the trial gave no sign of life for {self._silence_s:.0f} s")

    def _hear(self, worker: Worker, message: dict[str, Any]) -> None:
        running = worker.running
        match message:
            case {"kind": "ready", "processor": processor}:
                worker.processor, self._failed_starts = processor, 0
            case {"kind": "refused", "error": error}:
                raise rebuilt(error)
            case {"kind": "said", "line": line}:
                progress.info(line)
            case {"kind": "epoch", "epochs": epochs, "score": score} if running:
                running.epochs, running.score = epochs, score
            case {"kind": "done", "outcome": outcome, "resident": resident} if running:
                worker.running = None
                self._journal.end(running.ask, running.attempt, FINISHED)
                self._finish(
                    running.ask, {**outcome, "threads": self._work.threads, "processor": worker.processor}
                )
                worker.first_resident = worker.first_resident or resident
                if resident - worker.first_resident > GROWTH * machine.memory() / self._processes:
                    logger.info("process %d has grown to %d MiB: replaced", worker.number, resident >> 20)
                    del self._workers[worker.number]
                    worker.kill()

    def _lose(self, worker: Worker, reason: str) -> None:
        """Forgets a process that has ended; its trial goes on in another one, unless it ends too many of them."""
        del self._workers[worker.number]
        logger.warning("process %d: %s", worker.number, reason)
        if not worker.processor:
            self._failed_starts += 1
            if self._failed_starts == MAX_STARTS:
                raise WorkerEnded(f"{MAX_STARTS} processes in a row could not begin: {reason}")
        elif worker.running:
            ask = worker.running.ask
            self._journal.end(ask, worker.running.attempt, reason)
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
