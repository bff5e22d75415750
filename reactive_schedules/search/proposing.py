"""The base class of algorithms that learn from results which values to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reactive_schedules.search.problem import Problem
from reactive_schedules.search.searcher import Ask, Searcher

if TYPE_CHECKING:
    import keras_tuner
    from keras_tuner.engine.trial import Trial


class Proposing(Searcher):
    """A searcher that gets its trials from an oracle, several at a time.

    Args:
        problem: Problem to solve.
        oracle: Oracle that proposes trials.
        trials: Maximum number of trials.
        parallel: Number of trials in a stage.
    """

    def __init__(self, problem: Problem, oracle: keras_tuner.Oracle, trials: int, parallel: int) -> None:
        super().__init__(problem.direction, problem.until)
        self.trials = trials
        self._oracle, self._parallel = oracle, parallel
        self._proposals: dict[str, Trial] = {}

    def _proposed(self, wanted: int, until: int | None, rung: int | None = None) -> list[Ask]:
        """Up to `wanted` new trials; fewer if no more are available."""
        asks: list[Ask] = []
        while len(asks) < wanted and (number := len(self._proposals) + 1) <= self.trials:
            proposal = self._oracle.create_trial(f"worker-{number}")
            if proposal.status != "RUNNING":
                break
            trial_id, values = f"{number:04d}", dict(proposal.hyperparameters.values)
            self._proposals[trial_id] = proposal
            asks.append(Ask(trial_id, number, values, until, rung, None))
        return asks
