"""What proposes the trials."""

from collections.abc import Sequence
from typing import Any

import keras_tuner
from keras_tuner.oracles import RandomSearchOracle


class StartPointOracle(RandomSearchOracle):
    """KerasTuner's random search, whose first trial is the configuration as the user wrote it."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The defaults for the first trial, random values for the others."""
        if not self.start_order:
            return {"status": "RUNNING", "values": dict(self.hyperparameters.values)}
        return super().populate_space(trial_id)


def propose(oracle: keras_tuner.Oracle) -> Sequence[keras_tuner.engine.trial.Trial]:
    """All trials that the oracle is ready to start now, without results of any of them."""
    trials = []
    while True:
        # An oracle gives each worker one trial at a time.
        trial = oracle.create_trial(f"worker-{len(oracle.start_order)}")
        if trial.status != "RUNNING":
            return trials
        trials.append(trial)
