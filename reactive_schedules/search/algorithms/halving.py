"""Synchronous successive halving over given values; with one rung, it simply tries them all."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from reactive_schedules.search.algorithms.searcher import Ask, Result, Searcher
from reactive_schedules.search.space import FAMILY


class Halving(Searcher):
    """All trials train to the first rung, the best of them on to the next, and so on.

    Of n trials at a rung, the best n / factor (rounded up) are promoted, each from its saved state. What is
    special about schedules: after few epochs, families are not comparable (a one-cycle rate is still high, a
    constant one is not), so that at the first cut the best trial of each family is promoted, and the remaining
    places go to the best of the others. All trials have the horizon of the whole training.

    A failed trial is never promoted. One that ended by itself keeps its place among the promoted without being
    asked for again.

    Source: Karnin et al. 2013; Jamieson & Talwalkar 2016 (arXiv 1502.07943, figure 3).
    """

    def __init__(
        self,
        values: Sequence[Mapping[str, Any]],
        rungs: Sequence[int],
        until: int | None,
        factor: int,
        direction: Literal["min", "max"],
    ):
        """Prepares the search.

        Args:
            values: one trial each, in order.
            rungs: epochs, lowest first; the highest is the length of a trial.
            until: `Ask.until` of the highest rung.
            factor: how many trials compete for one place in the next rung.
            direction: of the objective.
        """
        super().__init__(direction, until)
        self.trials = len(values)
        self.rungs = tuple(rungs) if len(rungs) > 1 else ()
        self._until = (*rungs[:-1], until)
        self._factor = factor
        self._rung = -1
        self._alive = [
            Ask(f"{number:04d}", number, each, None, None, None) for number, each in enumerate(values, 1)
        ]
        self._results: dict[str, Result] = {}

    def _stage(self) -> list[Ask]:
        while self._rung + 1 < len(self._until):
            if self._rung >= 0:
                self._alive = self._promoted()
            self._rung += 1
            asks = [
                Ask(
                    trial.trial_id,
                    trial.number,
                    trial.values,
                    until=self._until[self._rung],
                    rung=self._rung if self.rungs else None,
                    parent=trial.trial_id if self._rung else None,
                )
                for trial in self._alive
                if not (trial.trial_id in self._results and self._results[trial.trial_id].over)
            ]
            if asks:
                return asks
        return []

    def _take(self, results: Sequence[tuple[Ask, Result]]) -> None:
        self._results |= {ask.trial_id: result for ask, result in results}

    def _promoted(self) -> list[Ask]:
        def loss(trial: Ask) -> float:
            return self._results[trial.trial_id].loss

        places = -(-len(self._alive) // self._factor)
        ranked = sorted((trial for trial in self._alive if loss(trial) < float("inf")), key=loss)
        if self._rung == 0:
            firsts = {trial.values.get(FAMILY): trial for trial in reversed(ranked)}.values()
            ranked.sort(key=lambda trial: (trial not in firsts, loss(trial)))
        return sorted(ranked[:places], key=lambda trial: trial.number)
