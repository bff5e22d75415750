"""KerasTuner's Hyperband, whose promoted trials continue where they stopped."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras_tuner
from keras_tuner.oracles import HyperbandOracle

from reactive_schedules.search.algorithms.candidates import key
from reactive_schedules.search.algorithms.oracles import StartPoints, finish
from reactive_schedules.search.algorithms.searcher import Ask, Result, Searcher


class _Oracle(StartPoints, HyperbandOracle):
    """Hyperband with as many brackets as there are rungs.

    When the space has no more values, it repeats some: as shipped, a bracket that cannot be filled is given up
    before anything in it is promoted.
    """

    def __init__(self, *args: Any, brackets: int, **options: Any):
        self._bracket_count = brackets
        super().__init__(*args, **options)

    def _get_num_brackets(self) -> int:
        return self._bracket_count

    def _random_values(self) -> dict[str, Any]:
        values = super()._random_values()
        if values is None:
            repeated = self.start_order[len(self.trials) % len(self.start_order)]
            values = _own(self.trials[repeated].hyperparameters.values)
        return values

    @property
    def first_trials(self) -> int:
        """How many trials begin, in all brackets together."""
        return sum(self._get_size(bracket, 0) for bracket in range(self._bracket_count))


@dataclasses.dataclass
class _Trial:
    """The one trial behind all of the oracle's trials with the same values.

    Attributes:
        number: from 1.
        values: by path.
        results: by the epochs they were told after.
        waiting: trials of the oracle, and the epochs after which each wants a result.
    """

    number: int
    values: dict[str, Any]
    results: dict[int, Result] = dataclasses.field(default_factory=dict)
    waiting: list[tuple[Any, int]] = dataclasses.field(default_factory=list)

    def known(self, epochs: int) -> Result | None:
        """The result after `epochs`, which is the last one where the training was over before."""
        later = [result for at, result in sorted(self.results.items()) if at >= epochs]
        last = self.results[max(self.results)] if self.results else None
        return later[0] if later else last if last and last.over else None


class Hyperband(Searcher):
    """Successive halving in brackets, each with another trade-off between how many trials and how long.

    All rungs of all brackets that can run are one stage. KerasTuner gives a promoted trial a new identity; here
    it is the same trial at a higher rung. One that failed, or ended by itself, is not asked for again, and
    values that come up twice are one trial: KerasTuner gets the known result at once.

    Source: Li et al. 2018 (arXiv 1603.06560), as in KerasTuner.
    """

    def __init__(
        self,
        hyperparameters: keras_tuner.HyperParameters,
        rungs: Sequence[int],
        until: int | None,
        factor: int,
        direction: Literal["min", "max"],
        seed: int,
        start: Sequence[Mapping[str, Any]],
    ):
        """Prepares the search.

        Args:
            hyperparameters: the space.
            rungs: epochs, lowest first; the highest is the length of a trial.
            until: `Ask.until` of the highest rung.
            factor: how many trials compete for one place in the next rung.
            direction: of the objective.
            seed: of what is tried.
            start: values to try first.
        """
        super().__init__(direction, until)
        self.rungs = tuple(rungs)
        self._until = {**{epochs: epochs for epochs in rungs}, rungs[-1]: until}
        self._oracle = _Oracle(
            hyperparameters, seed, start=start, brackets=len(rungs), max_epochs=rungs[-1], factor=factor
        )
        self.trials = self._oracle.first_trials
        self._trials: dict[str, _Trial] = {}

    def _stage(self) -> list[Ask]:
        self._collect()
        while self._settle():
            self._collect()
        return [self._ask(trial) for trial in self._trials.values() if trial.waiting]

    def _collect(self) -> None:
        """Takes all that the oracle proposes without knowing more."""
        while (
            proposal := self._oracle.create_trial(f"worker-{len(self._oracle.trials)}")
        ).status == "RUNNING":
            values = _own(proposal.hyperparameters.values)
            trial = self._trials.setdefault(key(values), _Trial(len(self._trials) + 1, values))
            trial.waiting.append((proposal, proposal.hyperparameters.values["tuner/epochs"]))

    def _settle(self) -> bool:
        """Tells the oracle what is known; says whether there was anything."""
        settled = False
        for trial in self._trials.values():
            waiting, trial.waiting = trial.waiting, []
            for proposal, epochs in waiting:
                if result := trial.known(epochs):
                    finish(self._oracle, proposal, result.loss)
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

    def _take(self, results: Sequence[tuple[Ask, Result]]) -> None:
        for ask, result in results:
            self._trials[key(ask.values)].results[self.rungs[ask.rung]] = result


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not name.startswith("tuner/")}
