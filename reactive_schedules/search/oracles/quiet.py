"""Mixins for KerasTuner's oracles."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial

OBJECTIVE = keras_tuner.Objective("loss", "min")
"""Objective of every oracle, the loss in `searcher.Judged`, whatever the objective of the search."""


class Quiet(keras_tuner.Oracle):
    """A mixin for oracles that writes no files (studies resume from their results) and prints nothing.

    It also searches longer for untried values. KerasTuner gives up after 20 collisions in a row, which is common in a
    space of a few hundred points that are mostly tried.
    """

    def __init__(self, hyperparameters: keras_tuner.HyperParameters, seed: int, **options: Any) -> None:
        # KerasTuner treats 0 as no seed.
        super().__init__(objective=OBJECTIVE, hyperparameters=hyperparameters, seed=seed + 1, **options)
        self.verbose = 0
        self._max_collisions = 200

    def rule_out(self, tried: Iterable[Mapping[str, Any]]) -> None:
        """Keeps values that were tried in an earlier study from being drawn."""
        self._tried_so_far.update(self._compute_values_hash(dict(values)) for values in tried)

    def save(self) -> None:
        """Does nothing."""

    def _save_trial(self, trial: Trial) -> None:
        pass

    def finish(self, trial: Trial, loss: float) -> None:
        """Ends a trial as completed, even if it failed, because KerasTuner stops after three failures in a row."""
        self.update_trial(trial.trial_id, {OBJECTIVE.name: loss})
        trial.status = "COMPLETED"
        self.end_trial(trial)


class StartPoints(Quiet):
    """A mixin for oracles with random first values, which proposes given values before them."""

    def __init__(self, *args: Any, start: Sequence[Mapping[str, Any]], **options: Any) -> None:
        super().__init__(*args, **options)
        self._start = list(start)

    def _random_values(self) -> dict[str, Any] | None:
        return dict(self._start.pop(0)) if self._start else super()._random_values()
