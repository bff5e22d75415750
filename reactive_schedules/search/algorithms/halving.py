"""Synchronous successive halving: all trials train to the first rung, the best of them to the next."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from reactive_schedules.search.options import RungOptions, Trials
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.registry import register_algorithm
from reactive_schedules.search.searcher import Ask, Judged, Searcher
from reactive_schedules.search.space import FAMILY


class HalvingOptions(RungOptions):
    """The options of successive halving."""

    trials: Trials = 8


@register_algorithm("halving", HalvingOptions)
def halving(problem: Problem, options: HalvingOptions) -> Searcher:
    """Successive halving of start points and random values."""
    from reactive_schedules.search.oracles import candidates

    values = candidates.random(problem, options.trials)
    return Halving(values, options.rungs(problem.epochs), problem.until, options.factor, problem.direction)


class Halving(Searcher):
    """All trials train to the first rung, the best of them to the next, and so on.

    Of n trials at a rung, the best n / factor (rounded up) are promoted, and continue from their saved states. After
    few epochs, families are not comparable (a one-cycle rate is still high, a constant one is not). Therefore, the
    first promotion takes the best trial of each family, and fills the remaining places with the best other trials. All
    trials have the horizon of a full run.

    A failed trial is never promoted. A trial that ended early keeps its place without being trained further. With a
    single rung, all trials train to the end.

    Source: Karnin et al. 2013; Jamieson & Talwalkar 2016 (arXiv 1502.07943, figure 3).
    """

    def __init__(
        self,
        values: Sequence[Mapping[str, Any]],
        rungs: Sequence[int],
        until: int | None,
        factor: int,
        direction: Literal["min", "max"],
    ) -> None:
        """Prepares the search.

        Args:
            values: Values of each trial, by path, in the order of the trials' numbers.
            rungs: Epochs of the rungs, in ascending order; the last is the length of a trial.
            until: `Ask.until` at the highest rung.
            factor: Number of trials that compete for a place at the next rung.
            direction: Direction of the objective.
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
        self._latest: dict[str, Judged] = {}

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
                if not (trial.trial_id in self._latest and self._latest[trial.trial_id].over)
            ]
            if asks:
                return asks
        return []

    def _take(self, judged: Sequence[tuple[Ask, Judged]]) -> None:
        self._latest |= {ask.trial_id: each for ask, each in judged}

    def _promoted(self) -> list[Ask]:
        def loss(trial: Ask) -> float:
            return self._latest[trial.trial_id].loss

        places = -(-len(self._alive) // self._factor)
        ranked = sorted((trial for trial in self._alive if loss(trial) < float("inf")), key=loss)
        if self._rung == 0:
            firsts = {trial.values.get(FAMILY): trial for trial in reversed(ranked)}.values()
            ranked.sort(key=lambda trial: (trial not in firsts, loss(trial)))
        return sorted(ranked[:places], key=lambda trial: trial.number)
