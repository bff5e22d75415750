"""KerasTuner's oracles, without what gets in the way here."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial

OBJECTIVE = keras_tuner.Objective("loss", "min")
"""What every oracle is told, whatever the objective of the search is: see `searcher.Judged`."""


class Quiet(keras_tuner.Oracle):
    """Mixed into an oracle: writes no files, as a study is continued from its results, and prints nothing.

    It also looks longer for values that were not tried yet: 20 collisions in a row, KerasTuner's limit, are
    nothing unusual in a space of a few hundred points of which most were tried.
    """

    def __init__(self, hyperparameters: keras_tuner.HyperParameters, seed: int, **options: Any) -> None:
        # KerasTuner takes 0 for no seed.
        super().__init__(objective=OBJECTIVE, hyperparameters=hyperparameters, seed=seed + 1, **options)
        self.verbose = 0
        self._max_collisions = 200

    def save(self) -> None:
        """Does nothing."""

    def _save_trial(self, trial: Trial) -> None:
        pass

    def finish(self, trial: Trial, loss: float) -> None:
        """Ends a trial as completed, also one that failed: KerasTuner stops at the third failure in a row."""
        self.update_trial(trial.trial_id, {OBJECTIVE.name: loss})
        trial.status = "COMPLETED"
        self.end_trial(trial)


class StartPoints(Quiet):
    """Mixed into an oracle whose first values are random: given ones come before them."""

    def __init__(self, *args: Any, start: Sequence[Mapping[str, Any]], **options: Any) -> None:
        super().__init__(*args, **options)
        self._start = list(start)

    def _random_values(self) -> dict[str, Any] | None:
        return dict(self._start.pop(0)) if self._start else super()._random_values()
