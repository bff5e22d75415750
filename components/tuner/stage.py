"""Runs trials as one Beam stage, whatever becomes of the processes that it runs in."""

import threading
from collections.abc import Callable, Iterable, Sequence

import apache_beam as beam

from components.tuner.journal import Ask, Journal
from components.tuner.trial import RunTrial, failure
from components.workers.runner import WorkerEnded

LOOK_EVERY_S = 0.5
STARTS = 3
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
        asks: the trials.
        journal: where `trials` writes.
        watch: called now and then while trials run.

    Raises:
        WorkerEnded: workers end before they begin.
        Exception: whatever Beam raises when the stage itself fails, not a trial.
    """
    pending, starts = _pending(asks, journal), STARTS
    while pending:
        watcher, ended = _Watcher(pending, journal, watch), None
        try:
            with watcher, make_pipeline() as pipeline:
                _ = (
                    pipeline
                    | "Trials" >> beam.Create(pending)
                    | "OneEach" >> beam.Reshuffle()
                    | "Run" >> beam.ParDo(trials)
                )
        except WorkerEnded as error:
            ended = error
        for ask in watcher.abandoned:
            journal.write(ask, failure(f"WorkerEnded: {ended}"))
        left = _pending(pending, journal)
        if left:
            starts = starts - 1 if len(left) == len(pending) else STARTS
            if not starts:
                raise ended or RuntimeError(f"{len(left)} trials were not run")
            for ask in left:
                journal.forget_starts(ask)  # they were ended together with the others
        pending = left


def _pending(asks: Iterable[Ask], journal: Journal) -> list[Ask]:
    return [ask for ask in asks if journal.result(ask) is None]


class _Watcher(threading.Thread):
    """Looks on while trials run.

    Attributes:
        abandoned: the trials that were being trained when a worker died.
    """

    def __init__(self, asks: Sequence[Ask], journal: Journal, watch: Callable[[], None]):
        super().__init__(daemon=True)
        self.abandoned: list[Ask] = []
        self._journal, self._watch = journal, watch
        self._starts = [(ask, journal.starts(ask)) for ask in asks]
        self._over = threading.Event()

    def __enter__(self) -> "_Watcher":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while True:
            # Once a worker has died, the runner ends the others, whose trials have done nothing wrong.
            if not self.abandoned:
                self.abandoned = [ask for ask, starts in self._starts if self._journal.abandoned(ask, starts)]
            self._watch()
            if self._over.wait(LOOK_EVERY_S):
                return
