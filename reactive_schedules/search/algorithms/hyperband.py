"""KerasTuner's Hyperband, in which promoted trials continue where they stopped."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from reactive_schedules.search.options import RungOptions
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.registry import register_algorithm
from reactive_schedules.search.searcher import Ask, Judged, Searcher, key


@dataclasses.dataclass
class _Trial:
    """The single trial for all trials of the oracle with the same values.

    Attributes:
        number: Number of the trial, counted from 1.
        values: Values by path.
        results: Known results, by the number of epochs.
        waiting: Trials of the oracle that wait for a result, with the number of epochs.
    """

    number: int
    values: dict[str, Any]
    results: dict[int, Judged] = dataclasses.field(default_factory=dict)
    waiting: list[tuple[Any, int]] = dataclasses.field(default_factory=list)

    def known(self, epochs: int) -> Judged | None:
        """The result after `epochs`, or the last result if the trial ended before; None if unknown."""
        later = [result for at, result in sorted(self.results.items()) if at >= epochs]
        last = self.results[max(self.results)] if self.results else None
        return later[0] if later else last if last and last.over else None


class HyperbandOptions(RungOptions):
    """The options of Hyperband, which derives the number of trials from the epochs."""


@register_algorithm("hyperband", HyperbandOptions)
class Hyperband(Searcher):
    """Successive halving in brackets, each with a different trade-off between number and length of trials.

    A stage contains the rungs of all brackets that are ready. KerasTuner creates a new trial for each promotion; here,
    it is the same trial at a higher rung. A trial that failed or ended early is not trained again, and repeated values
    are a single trial; in both cases, KerasTuner gets the known result at once.

    Source: Li et al. 2018 (arXiv 1603.06560), as in KerasTuner.
    """

    def __init__(self, problem: Problem, options: HyperbandOptions) -> None:
        from reactive_schedules.search.oracles.hyperband import HyperbandOracle

        super().__init__(problem.direction, problem.until)
        self.rungs = options.rungs(problem.epochs)
        self._until = {**{epochs: epochs for epochs in self.rungs}, problem.epochs: problem.until}
        self._oracle = HyperbandOracle(
            problem.hyperparameters,
            problem.seed,
            start=problem.start,
            brackets=len(self.rungs),
            max_epochs=problem.epochs,
            factor=options.factor,
        )
        self._oracle.rule_out(problem.tried)
        self.trials = self._oracle.first_trials
        self._trials: dict[str, _Trial] = {}

    def _stage(self) -> list[Ask]:
        self._collect()
        while self._settle():
            self._collect()
        return [self._ask(trial) for trial in self._trials.values() if trial.waiting]

    def _collect(self) -> None:
        """Collects all proposals that the oracle makes without further results."""
        while (
            proposal := self._oracle.create_trial(f"worker-{len(self._oracle.trials)}")
        ).status == "RUNNING":
            values = self._oracle.values_of(proposal)
            trial = self._trials.setdefault(key(values), _Trial(len(self._trials) + 1, values))
            trial.waiting.append((proposal, proposal.hyperparameters.values["tuner/epochs"]))

    def _settle(self) -> bool:
        """Tells the oracle known results; returns whether there were any."""
        settled = False
        for trial in self._trials.values():
            waiting, trial.waiting = trial.waiting, []
            for proposal, epochs in waiting:
                if result := trial.known(epochs):
                    self._oracle.finish(proposal, result.loss)
                    settled = True
                else:
                    trial.waiting.append((proposal, epochs))
        return settled

    def _ask(self, trial: _Trial) -> Ask:
        epochs = min(epochs for _, epochs in trial.waiting)
        trial_id = f"{trial.number:04d}"
        return Ask(
            trial_id,
            trial.number,
            trial.values,
            until=self._until[epochs],
            rung=self.rungs.index(epochs),
            parent=trial_id if trial.results else None,
        )

    def _take(self, judged: Sequence[tuple[Ask, Judged]]) -> None:
        for ask, result in judged:
            self._trials[key(ask.values)].results[ask.until or self.rungs[-1]] = result
