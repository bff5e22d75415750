"""The Tuner's line on the console: what runs where, and the best result so far."""

import logging

from reactive_schedules.search.progress import Progress, best_words, counted, trial_words

logger = logging.getLogger("progress")


class ConsoleLine:
    """Says what is running, each time that it changes.

    Args:
        processes: Number of trials at a time.
    """

    def __init__(self, processes: int) -> None:
        self._processes, self._said, self._reason = processes, "", ""
        self._heading: str | None = None

    def __call__(self, progress: Progress) -> None:
        """Says what is running; the first call says what is known from an earlier run."""
        if self._heading is None:
            known = progress["done"]
            self._heading = f"resumed after {known} trial{'' if known == 1 else 's'}: " if known else ""
        counts, _, reason = (progress["reason"] or "").partition(": ")
        if reason != self._reason:
            logger.info(f"{counts}: {reason}")
            self._reason = reason
        line = self._heading + ", ".join(filter(None, [self._doing(progress), best_words(progress)]))
        if line != self._said:
            logger.info(line)
            self._said = line

    def _doing(self, progress: Progress) -> str:
        running, name = progress["running"], progress["objective"]
        if not running:
            return counted(progress)
        if self._processes == 1 and len(running) == 1:
            of = "" if progress["confirmations"] else f" of {progress['trials']}"
            heading = f"{counted(progress)}, running " if progress["confirmations"] else ""
            return f"{heading}{trial_words(running[0], name, of)}"
        doing = (f"{trial_words(each, name)} ({_where(each['worker'])})" for each in running)
        return f"{counted(progress)}, running {'; '.join(doing)}"


def _where(worker: int | str) -> str:
    return f"process {worker}" if isinstance(worker, int) else f"worker {worker}"
