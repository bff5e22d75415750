"""Runs a stage of a search on Beam, whatever becomes of the processes that it runs in."""

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator

import apache_beam as beam

from components.tuner.journal import Journal
from components.tuner.trial import RunTrial, failure
from components.workers.runner import WorkerEnded
from reactive_schedules.search.searcher import Ask

LOOK_EVERY_S = 0.5
MAX_BEGINS = 3
"""How often a stage is begun whose workers end before they have finished, or died of, a single trial."""


def run(
    make_pipeline: Callable[[], beam.Pipeline],
    trials: RunTrial,
    asks: Iterable[Ask],
    journal: Journal,
    watch: Callable[[], None],
) -> None:
    """Returns when each trial's result is in the journal.

    A trial that its worker dies of has failed; the stage is begun again with those that are left.

    Args:
        make_pipeline: makes a Beam pipeline.
        trials: what runs a trial.
        asks: the trials of the stage.
        journal: where `trials` writes.
        watch: called now and then while trials run.

    Raises:
        WorkerEnded: workers end before they begin.
        Exception: whatever Beam raises when the stage itself fails, not a trial.
    """
    pending, begins = _pending(asks, journal), MAX_BEGINS
    while pending:
        # Those of processes that an earlier run may have had, with the same numbers.
        before = [len(journal.starts(ask)) for ask in pending]
        ended = None
        try:
            with _watched(watch), make_pipeline() as pipeline:
                _ = (
                    pipeline
                    | "Trials" >> beam.Create([dataclasses.asdict(ask) for ask in pending])
                    | "OneEach" >> beam.Reshuffle()
                    | "Run" >> beam.ParDo(trials)
                )
        except WorkerEnded as error:
            ended = error
            # Once a worker has died, the runner ends the others, whose trials have done nothing wrong.
            for ask, known in zip(pending, before, strict=True):
                if error.pid in journal.starts(ask)[known:] and journal.result(ask) is None:
                    journal.write(ask, failure(f"WorkerEnded: {error}"))
        left = _pending(pending, journal)
        if left:
            begins = begins - 1 if len(left) == len(pending) else MAX_BEGINS
            if not begins:
                raise ended or RuntimeError(f"{len(left)} trials were not run")
            for ask in left:
                journal.forget_starts(ask)  # they were ended together with the others
        pending = left


def _pending(asks: Iterable[Ask], journal: Journal) -> list[Ask]:
    return [ask for ask in asks if journal.result(ask) is None]


@contextlib.contextmanager
def _watched(watch: Callable[[], None]) -> Iterator[None]:
    """Calls `watch` now and then, in a thread."""
    over = threading.Event()

    def look() -> None:
        watch()
        while not over.wait(LOOK_EVERY_S):
            watch()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
