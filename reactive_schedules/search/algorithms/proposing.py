"""What searches have in common that learn from results which values to try."""

from typing import Literal

import keras_tuner
from keras_tuner.engine.trial import Trial

from reactive_schedules.search.algorithms.searcher import Ask, Searcher


class Proposing(Searcher):
    """Asks an oracle for trials, some at once.

    Args:
        oracle: what proposes.
        trials: at most so many.
        parallel: how many trials a stage has.
        until: `Ask.until` of a trial that is not stopped early.
        direction: of the objective.
    """

    def __init__(
        self,
        oracle: keras_tuner.Oracle,
        trials: int,
        parallel: int,
        until: int | None,
        direction: Literal["min", "max"],
    ):
        super().__init__(direction, until)
        self.trials = trials
        self._oracle, self._parallel = oracle, parallel
        self._proposals: dict[str, Trial] = {}

    def _proposed(self, wanted: int, until: int | None, rung: int | None = None) -> list[Ask]:
        """Up to `wanted` new trials; fewer when there are no more to ask for."""
        asks: list[Ask] = []
        while len(asks) < wanted and (number := len(self._proposals) + 1) <= self.trials:
            proposal = self._oracle.create_trial(f"worker-{number}")
            if proposal.status != "RUNNING":
                break
            trial_id, values = f"{number:04d}", dict(proposal.hyperparameters.values)
            self._proposals[trial_id] = proposal
            asks.append(Ask(trial_id, number, values, until, rung, None))
        return asks
