"""KerasTuner's Bayesian optimisation with a Gaussian process."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial
from keras_tuner.oracles import BayesianOptimizationOracle
from threadpoolctl import threadpool_limits

from reactive_schedules.search.algorithms.oracles import StartPoints, finish
from reactive_schedules.search.algorithms.proposing import Proposing
from reactive_schedules.search.algorithms.searcher import Ask, Result


class _Oracle(StartPoints, BayesianOptimizationOracle):
    """Never proposes the same values twice, which KerasTuner does wherever the optimum is a list's element."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        # Thousands of tiny linear systems: threads only wait for each other.
        with threadpool_limits(1):
            answer = super().populate_space(trial_id)
        if answer["status"] == "RUNNING" and self._duplicate(answer["values"]):
            values = self._random_values()
            return {"status": "RUNNING" if values else "STOPPED", "values": values}
        return answer


class Bayesian(Proposing):
    """Proposes what a Gaussian process, fitted to the losses so far, expects or hopes to be best.

    KerasTuner takes an infinite loss for 0, the best there is. Here the process sees losses with the outliers
    (beyond Tukey's fence) cut off, those of failed trials as the worst of the others, and all of them
    standardised: KerasTuner's guess for trials that still run is 0 ± 1 before the first fit.
    """

    def __init__(
        self,
        hyperparameters: keras_tuner.HyperParameters,
        trials: int,
        parallel: int,
        until: int | None,
        direction: Literal["min", "max"],
        seed: int,
        start: Sequence[Mapping[str, Any]],
        prior: Sequence[tuple[Mapping[str, Any], float]],
    ):
        """Prepares the search.

        Args:
            hyperparameters: the space.
            trials: at most so many.
            parallel: how many are proposed at once.
            until: `Ask.until` of all trials.
            direction: of the objective.
            seed: of what is tried.
            start: values to try first.
            prior: values and scores to learn from.
        """
        # KerasTuner begins with three random trials per dimension, which may be all there are.
        wanted = min(3 * len(hyperparameters.space), trials // 2) - len(prior)
        oracle = _Oracle(
            hyperparameters,
            seed,
            start=start,
            max_trials=None,
            num_initial_points=len(prior) + max(wanted, len(start)),
        )
        super().__init__(oracle, trials, parallel, until, direction)
        self._losses: dict[str, float] = {}
        for number, (values, score) in enumerate(prior, 1):
            self._add_prior(f"prior-{number}", values, self._sign * score)

    def _add_prior(self, trial_id: str, values: Mapping[str, Any], loss: float) -> None:
        hyperparameters = self._oracle.get_space()
        hyperparameters.values = dict(values)
        self._oracle.trials[trial_id] = Trial(hyperparameters, trial_id, status="COMPLETED")
        self._losses[trial_id] = loss

    def _stage(self) -> list[Ask]:
        self._score()
        return self._proposed(self._parallel, self.until)

    def _take(self, results: Sequence[tuple[Ask, Result]]) -> None:
        for ask, result in results:
            proposal = self._proposals[ask.trial_id]
            finish(self._oracle, proposal, 0.0)
            self._losses[proposal.trial_id] = result.loss

    def _score(self) -> None:
        """Sets the scores that the process is fitted to."""
        finite = [loss for loss in self._losses.values() if math.isfinite(loss)]
        if not finite:
            return
        low, high = np.quantile(finite, [0.25, 0.75])
        worst = min(max(finite), high + 1.5 * (high - low))
        cut = {trial_id: min(loss, worst) for trial_id, loss in self._losses.items()}
        mean, spread = np.mean(list(cut.values())), np.std(list(cut.values())) or 1.0
        for trial_id, loss in cut.items():
            self._oracle.trials[trial_id].score = float((loss - mean) / spread)
