"""KerasTuner's Hyperband, with as many brackets as rungs."""

from typing import Any

from keras_tuner.engine.trial import Trial
from keras_tuner.oracles import HyperbandOracle as Shipped

from reactive_schedules.search.oracles.quiet import StartPoints


class HyperbandOracle(StartPoints, Shipped):
    """KerasTuner's oracle, which repeats values when the space has no more.

    Without repetition, KerasTuner gives up a bracket that it cannot fill, before any promotion.
    """

    def __init__(self, *args: Any, brackets: int, **options: Any) -> None:
        self._bracket_count = brackets
        super().__init__(*args, **options)

    def _get_num_brackets(self) -> int:
        return self._bracket_count

    def _random_values(self) -> dict[str, Any]:
        values = super()._random_values()
        if values is None:
            repeated = self.start_order[len(self.trials) % len(self.start_order)]
            values = self.values_of(self.trials[repeated])
        return values

    @property
    def first_trials(self) -> int:
        """Number of trials at the lowest rungs of all brackets."""
        return sum(self._get_size(bracket, 0) for bracket in range(self._bracket_count))

    def values_of(self, trial: Trial) -> dict[str, Any]:
        """The values of a trial, without KerasTuner's own entries (`tuner/…`)."""
        values = trial.hyperparameters.values
        return {name: value for name, value in values.items() if not name.startswith("tuner/")}
