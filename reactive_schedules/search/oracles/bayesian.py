"""KerasTuner's Bayesian optimization with a Gaussian process."""

from collections.abc import Mapping
from typing import Any

from keras_tuner.engine.trial import Trial
from keras_tuner.oracles import BayesianOptimizationOracle

from reactive_schedules.extras import brought_by
from reactive_schedules.search.oracles.quiet import StartPoints

with brought_by("search"):
    from threadpoolctl import threadpool_limits


class BayesianOracle(StartPoints, BayesianOptimizationOracle):
    """KerasTuner's oracle, without repeated values, which it proposes if the optimum is an element of a list."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The values that the process considers most promising, or random values if these were already tried."""
        # With thousands of tiny linear systems, threads would only wait for each other.
        with threadpool_limits(1):
            answer = super().populate_space(trial_id)
        if answer["status"] == "RUNNING" and self._duplicate(answer["values"]):
            values = self._random_values()
            return {"status": "RUNNING" if values else "STOPPED", "values": values}
        return answer

    def add(self, trial_id: str, values: Mapping[str, Any]) -> None:
        """Adds a completed trial from another study, without its score."""
        hyperparameters = self.get_space()
        hyperparameters.values = dict(values)
        self.trials[trial_id] = Trial(hyperparameters, trial_id, status="COMPLETED")
