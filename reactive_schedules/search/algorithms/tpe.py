"""Optuna's tree-structured Parzen estimator (TPE), with early stopping at rungs."""

import dataclasses
from collections.abc import Sequence

from reactive_schedules.search.options import Parallel, RungOptions, Trials
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.proposing import Proposing
from reactive_schedules.search.registry import register_algorithm
from reactive_schedules.search.searcher import Ask, Judged


class TPEOptions(RungOptions):
    """The options of TPE."""

    trials: Trials = 8
    parallel: Parallel = 4


@register_algorithm("tpe", TPEOptions)
class TPE(Proposing):
    """Proposes values that are more likely among good trials than among the others, and prunes trials at rungs.

    A stage contains the trials that continue to their next rung and new trials, `parallel` in total. At a rung, a trial
    continues if it is the best or among the best 1 / factor of the trials that reached the rung so far (Optuna's
    SuccessiveHalvingPruner; Li et al. 2020, arXiv 1810.05934).

    Source: Bergstra et al. 2011; conditional parameters by groups (Falkner et al. 2018, arXiv 1807.01774), as in
    Optuna.
    """

    def __init__(self, problem: Problem, options: TPEOptions) -> None:
        from reactive_schedules.search.oracles.parzen import parzen

        self._optuna = parzen(problem.hyperparameters, problem.seed, options.trials, options.factor)
        super().__init__(problem, self._optuna, options.trials, options.parallel)
        rungs = options.rungs(problem.epochs)
        self.rungs = rungs if len(rungs) > 1 else ()
        self._until = (*rungs[:-1], problem.until)
        self._factor = options.factor
        for values, score in problem.prior:
            self._optuna.add(values, self._sign * score)
        self._optuna.rule_out(problem.tried)
        for values in problem.start:
            self._optuna.enqueue(values)
        self._going: list[Ask] = []

    def _stage(self) -> list[Ask]:
        going, self._going = self._going, []
        rung = 0 if self.rungs else None
        return [*going, *self._proposed(self._parallel - len(going), self._until[0], rung)]

    def _take(self, judged: Sequence[tuple[Ask, Judged]]) -> None:
        # The best first, because Optuna promotes the first trial that reaches a rung.
        for ask, result in sorted(judged, key=lambda each: each[1].loss):
            rung = ask.rung or 0
            proposal, step = self._proposals[ask.trial_id], self._factor**rung
            if self._optuna.report(proposal, result.loss, step, result.over):
                self._going.append(
                    dataclasses.replace(ask, until=self._until[rung + 1], rung=rung + 1, parent=ask.trial_id)
                )
        self._going.sort(key=lambda ask: ask.number)
