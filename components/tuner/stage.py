"""Runs a stage of a search on Beam, even if worker processes die."""

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
"""Maximum number of starts in a row in which workers end without finishing or failing any trial."""


def run(
    make_pipeline: Callable[[], beam.Pipeline],
    trials: RunTrial,
    asks: Iterable[Ask],
    journal: Journal,
    watch: Callable[[], None],
) -> None:
    """Runs trials until the journal has the result of each.

    If a worker dies, its trial counts as failed, and the stage starts again with the remaining trials.

    Args:
        make_pipeline: Function that creates a Beam pipeline.
        trials: Beam function that runs a trial.
        asks: Trials of the stage.
        journal: Journal that `trials` writes to.
        watch: Function to call regularly while trials run.

    Raises:
        WorkerEnded: Workers repeatedly end before they start a trial.
        Exception: Any error that Beam raises when the stage itself fails, rather than a trial.
    """
    pending, begins = _pending(asks, journal), MAX_BEGINS
    while pending:
        # Starts from an earlier run, whose processes may have had the same ids.
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
            # When a worker has died, the runner also ends the others, whose trials have not failed.
            for ask, known in zip(pending, before, strict=True):
                if error.pid in journal.starts(ask)[known:] and journal.result(ask) is None:
                    journal.write(ask, failure(f"WorkerEnded: {error}"))
        left = _pending(pending, journal)
        if left:
            begins = begins - 1 if len(left) == len(pending) else MAX_BEGINS
            if not begins:
                raise ended or RuntimeError(f"{len(left)} trials were not run")
            for ask in left:
                journal.forget_starts(ask)  # they were ended because of another trial
        pending = left


def _pending(asks: Iterable[Ask], journal: Journal) -> list[Ask]:
    return [ask for ask in asks if journal.result(ask) is None]


@contextlib.contextmanager
def _watched(watch: Callable[[], None]) -> Iterator[None]:
    """Calls `watch` regularly in a thread."""
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
