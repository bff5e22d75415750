"""The Tuner's line on the console: what runs where, and the best result so far."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from reactive_schedules.search.executor.worker import Running

progress = logging.getLogger("progress")


class Progress:
    """Says what is running, each time that it changes.

    Args:
        trials: Number of trials.
        objective: Metric and direction.
        epochs: Number of epochs of a trial that is not stopped early.
        processes: Number of trials at a time.
    """

    def __init__(self, trials: int, objective: tuple[str, str], epochs: int, processes: int) -> None:
        self._trials, self._objective = trials, objective
        self._epochs, self._processes, self._said = epochs, processes, ""
        self._heading: str | None = None

    def __call__(self, running: Sequence[Running], results: Sequence[Mapping[str, Any]]) -> None:
        """Says what is running; the first call says what is known from an earlier run.

        Args:
            running: What is running.
            results: All results so far.
        """
        if self._heading is None:
            known = self._numbers(results)
            self._heading = f"resumed after {known} trial{'' if known == 1 else 's'}: " if known else ""
        if not running:
            doing = f"{self._numbers(results)} of {self._trials} trials"
        elif self._processes == 1:
            doing = self._trial(running[0], f" of {self._trials}", " of at most ")
        else:
            doing = f"{self._numbers(results)} of {self._trials} trials, running "
            doing += "; ".join(f"{self._trial(each, '', '/')} (process {each.worker})" for each in running)
        line = f"{self._heading}{doing}{best_so_far(results, self._objective)}"
        if line != self._said:
            progress.info(line)
            self._said = line

    def _trial(self, running: Running, of: str, of_epochs: str) -> str:
        ask = running.ask
        parts = [f"trial {ask.number}{of}"]
        if ask.rung is not None:
            parts.append(f"rung {ask.rung}")
        if running.epochs is not None:
            parts.append(f"epoch {running.epochs}{of_epochs}{ask.until or self._epochs}")
        if running.score is not None:
            parts.append(f"{self._objective[0]} {running.score:.4g}")
        return ", ".join(parts)

    @staticmethod
    def _numbers(results: Sequence[Mapping[str, Any]]) -> int:
        return len({result["trial_id"] for result in results})


def best_so_far(results: Sequence[Mapping[str, Any]], objective: tuple[str, str]) -> str:
    """Describes the best result, for the end of a progress message; empty if there is none."""
    name, direction = objective
    scored = [result for result in results if result["score"] is not None]
    if not scored:
        return ""
    best = (min if direction == "min" else max)(scored, key=lambda result: result["score"])
    return f", best {name} {best['score']:.4g} (trial {best['number']})"
