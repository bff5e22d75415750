"""How long a search may take."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from reactive_schedules.search import confirmation
from reactive_schedules.search.executor.journal import Journal
from reactive_schedules.search.limits import seconds_of

KEEP_EVERY_S = 2.0

RESERVE = 0.5
"""Largest share of the time that is kept for a confirmation."""

_FIRST = 1  # number of the trial with the configuration as written


class Budget:
    """The time of a search, counted over all its runs, and of each of its trials.

    The first trial, the configuration as written, is trained whatever the limit, so that there is a result. Some of the
    time is kept for the confirmation of one trial, as much as the trials so far say that it takes.

    Args:
        search: Section `search` of the configuration, with `time_limit`, `trial_limit` and `folds`.
        journal: Journal of the search, which keeps the time.
        configured: Number of the trial that a confirmation compares with; None if there is none.
        processes: Number of trials at a time.
    """

    def __init__(
        self, search: Mapping[str, Any], journal: Journal, configured: int | None, processes: int
    ) -> None:
        self._written, trial = search.get("time_limit"), search.get("trial_limit")
        self._limit_s = seconds_of(self._written) if self._written else None
        self.trial_s = seconds_of(trial) if trial else None
        self._folds = search.get("folds")
        self._confirms = configured is not None and self._folds != 0
        self._journal, self._processes = journal, processes
        self._earlier_s, self._start, self._keep_at = journal.spent_s(), time.monotonic(), 0.0
        self._ended_early = False

    @property
    def challengers(self) -> int:
        """Number of trials to confirm, at most."""
        return confirmation.MOST_CHALLENGERS if self._limit_s is None else 1

    def is_searched(self, results: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the search must end with these results."""
        if self._limit_s is None or not self._has_result(results):
            return False
        self._ended_early = self._spent_s() >= self._limit_s - self._reserve_s(results)
        return self._ended_early

    def is_spent(self) -> bool:
        """Whether all of the time is over."""
        return self._limit_s is not None and self._spent_s() >= self._limit_s

    def remark(self, done: int, trials: int) -> str | None:
        """What to say of a search that ended early; None if it did not.

        Args:
            done: Number of trials with a result.
            trials: Number of trials, at most.
        """
        if not self._ended_early:
            return None
        return (
            f"the time limit of {self._written} ended the search, with results of {done} of {trials} trials"
        )

    def _spent_s(self) -> float:
        now = time.monotonic()
        spent = self._earlier_s + now - self._start
        if now >= self._keep_at:
            self._keep_at = now + KEEP_EVERY_S
            self._journal.spend(spent)
        return spent

    def _reserve_s(self, results: Sequence[Mapping[str, Any]]) -> float:
        """Time to train the configuration as written and a trial as often as a confirmation does."""
        assert self._limit_s is not None
        rows = max((each["validation"]["rows"] for each in results if each.get("validation")), default=0)
        if not self._confirms or (self._folds is None and rows > confirmation.MOST_ROWS):
            return 0.0
        longest = max(each["seconds"] / max(1, len(each["executions"])) for each in results)
        trainings = 2 * (self._folds or confirmation.FOLDS)
        return min(RESERVE * self._limit_s, longest * -(-trainings // self._processes))

    @staticmethod
    def _has_result(results: Sequence[Mapping[str, Any]]) -> bool:
        return any(each["number"] == _FIRST for each in results) and any(
            each["score"] is not None for each in results
        )
