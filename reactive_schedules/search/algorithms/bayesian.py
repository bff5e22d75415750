"""KerasTuner's Bayesian optimization with a Gaussian process."""

import math
from collections.abc import Sequence

import numpy as np

from reactive_schedules.search.options import Options, Parallel, Trials
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.proposing import Proposing
from reactive_schedules.search.registry import register_algorithm
from reactive_schedules.search.searcher import Ask, Judged


class BayesianOptions(Options):
    """The options of Bayesian optimization."""

    trials: Trials = 8
    parallel: Parallel = 4


@register_algorithm("bayesian", BayesianOptions)
class Bayesian(Proposing):
    """Proposes the values that a Gaussian process, fitted to the losses so far, considers most promising.

    KerasTuner treats an infinite loss as 0, the best. Here, losses beyond Tukey's fence are clipped, failed trials get
    the worst of the other losses, and all losses are standardized, because KerasTuner assumes 0 ± 1 for running trials
    before the first fit.
    """

    def __init__(self, problem: Problem, options: BayesianOptions) -> None:
        from reactive_schedules.search.oracles.bayesian import BayesianOracle

        start, prior = problem.start, problem.prior
        # KerasTuner begins with three random trials per dimension, which may be all trials.
        wanted = min(3 * len(problem.hyperparameters.space), options.trials // 2) - len(prior)
        self._process = BayesianOracle(
            problem.hyperparameters,
            problem.seed,
            start=start,
            max_trials=None,
            num_initial_points=len(prior) + max(wanted, len(start)),
        )
        super().__init__(problem, self._process, options.trials, options.parallel)
        self._process.rule_out(problem.tried)
        self._losses: dict[str, float] = {}
        for number, (values, score) in enumerate(prior, 1):
            self._process.add(f"prior-{number}", values)
            self._losses[f"prior-{number}"] = self._sign * score

    def _stage(self) -> list[Ask]:
        self._score()
        return self._proposed(self._parallel, self.until)

    def _take(self, judged: Sequence[tuple[Ask, Judged]]) -> None:
        for ask, result in judged:
            proposal = self._proposals[ask.trial_id]
            self._process.finish(proposal, 0.0)
            self._losses[proposal.trial_id] = result.loss

    def _score(self) -> None:
        """Sets the scores to which the process is fitted."""
        finite = [loss for loss in self._losses.values() if math.isfinite(loss)]
        if not finite:
            return
        low, high = np.quantile(finite, [0.25, 0.75])
        worst = min(max(finite), high + 1.5 * (high - low))
        cut = {trial_id: min(loss, worst) for trial_id, loss in self._losses.items()}
        mean, spread = np.mean(list(cut.values())), np.std(list(cut.values())) or 1.0
        for trial_id, loss in cut.items():
            self._process.trials[trial_id].score = float((loss - mean) / spread)
