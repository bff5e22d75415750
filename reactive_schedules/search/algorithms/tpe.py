"""Optuna's tree-structured Parzen estimator, under a KerasTuner oracle."""

import dataclasses
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras_tuner
import optuna
from keras_tuner.engine import hyperparameters as kinds

from reactive_schedules.search.algorithms.oracles import OBJECTIVE, Quiet
from reactive_schedules.search.algorithms.proposing import Proposing
from reactive_schedules.search.algorithms.searcher import Ask, Result


class OptunaOracle(Quiet, keras_tuner.Oracle):
    """Optuna's sampler and pruner, asked and told through KerasTuner's methods.

    `update_trial` answers with the status "STOPPED" when Optuna prunes the trial.
    """

    def __init__(
        self,
        hyperparameters: keras_tuner.HyperParameters,
        seed: int,
        sampler: optuna.samplers.BaseSampler,
        pruner: optuna.pruners.BasePruner,
    ):
        super().__init__(hyperparameters, seed)
        # The only thing it would say is which trial begins and ends.
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.study = optuna.create_study(direction="minimize", sampler=sampler, pruner=pruner)
        self._asked: dict[str, optuna.Trial] = {}

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Asks Optuna; values that were tried are replaced by random ones that were not."""
        while True:
            trial = self.study.ask()
            values = self._suggested(trial)
            if not self._duplicate(values):
                self._asked[trial_id] = trial
                return {"status": "RUNNING", "values": values}
            self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
            fresh = self._random_values()
            if fresh is None:
                return {"status": "STOPPED", "values": None}
            self.enqueue(fresh)

    def update_trial(self, trial_id: str, metrics: Mapping[str, float], step: int = 0):
        """Reports an intermediate loss; an infinite one, a failure, prunes the trial."""
        trial = super().update_trial(trial_id, metrics, step)
        loss = metrics[OBJECTIVE.name]
        if math.isfinite(loss):
            self._asked[trial_id].report(loss, step)
        if not math.isfinite(loss) or self._asked[trial_id].should_prune():
            trial.status = "STOPPED"
        return trial

    def end_trial(self, trial) -> None:
        """Tells Optuna the last loss of a completed trial; one that was stopped counts as pruned."""
        asked = self._asked.pop(trial.trial_id)
        if trial.status == "COMPLETED":
            self.study.tell(asked, trial.metrics.get_last_value(OBJECTIVE.name))
        else:
            self.study.tell(asked, state=optuna.trial.TrialState.PRUNED)
        trial.status = "COMPLETED"
        super().end_trial(trial)

    def enqueue(self, values: Mapping[str, Any]) -> None:
        """Values to try next."""
        by_name = {hp.name: hp for hp in self.hyperparameters.space}
        self.study.enqueue_trial({name: _parameter(by_name[name], value) for name, value in values.items()})

    def add(self, values: Mapping[str, Any], loss: float) -> None:
        """A result from elsewhere to learn from."""
        self.enqueue(values)
        trial = self.study.ask()
        self._suggested(trial)
        self.study.tell(trial, loss)

    def _suggested(self, trial: optuna.Trial) -> dict[str, Any]:
        chosen = keras_tuner.HyperParameters()
        for hp in self.hyperparameters.space:
            chosen.merge([hp])
            if chosen.is_active(hp):
                chosen.values[hp.name] = _suggest(trial, hp)
        return chosen.values


def _suggest(trial: optuna.Trial, hp: Any) -> Any:
    if _ordinal(hp):
        return hp.values[trial.suggest_int(hp.name, 0, len(hp.values) - 1)]
    match hp:
        case kinds.Choice():
            return trial.suggest_categorical(hp.name, hp.values)
        case kinds.Int():
            return trial.suggest_int(hp.name, hp.min_value, hp.max_value, log=hp.sampling == "log")
        case kinds.Float():
            return trial.suggest_float(hp.name, hp.min_value, hp.max_value, log=hp.sampling == "log")
    raise TypeError(f"{hp.name}: {type(hp).__name__} is none of the kinds that a space has")


def _ordinal(hp: Any) -> bool:
    """Whether it chooses among numbers: Optuna is given their position, so that it knows which are close."""
    return isinstance(hp, kinds.Choice) and hp.ordered


def _parameter(hp: Any, value: Any) -> Any:
    return hp.values.index(value) if _ordinal(hp) else value


class TPE(Proposing):
    """Proposes what is likelier among the good trials than among the others, and prunes at rungs.

    A stage holds the trials that go on to their next rung, and new ones up to `parallel` together. At a rung, a
    trial goes on when it is among the best 1 / factor of all that came so far, or the best (Optuna's
    SuccessiveHalvingPruner: Li et al. 2020, arXiv 1810.05934).

    Source: Bergstra et al. 2011; conditional parameters by groups (Falkner et al. 2018, arXiv 1807.01774), as in
    Optuna.
    """

    def __init__(
        self,
        hyperparameters: keras_tuner.HyperParameters,
        trials: int,
        parallel: int,
        rungs: Sequence[int],
        until: int | None,
        factor: int,
        direction: Literal["min", "max"],
        seed: int,
        start: Sequence[Mapping[str, Any]],
        prior: Sequence[tuple[Mapping[str, Any], float]],
    ):
        """Prepares the search.

        Args:
            hyperparameters: the space.
            trials: at most so many.
            parallel: how many trials a stage has.
            rungs: epochs, lowest first; the highest is the length of a trial.
            until: `Ask.until` of the highest rung.
            factor: how many trials compete for one place in the next rung.
            direction: of the objective.
            seed: of what is tried.
            start: values to try first.
            prior: values and scores to learn from.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=seed, multivariate=True, group=True, n_startup_trials=max(4, min(10, trials // 3))
            )
        # Told rungs as powers of the factor, whatever their epochs are rounded to.
        pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=factor)
        oracle = OptunaOracle(hyperparameters, seed, sampler, pruner)
        super().__init__(oracle, trials, parallel, until, direction)
        self.rungs = tuple(rungs) if len(rungs) > 1 else ()
        self._until = (*rungs[:-1], until)
        self._factor = factor
        for values, score in prior:
            self._oracle.add(values, self._sign * score)
        for values in start:
            self._oracle.enqueue(values)
        self._going: list[Ask] = []

    def _stage(self) -> list[Ask]:
        going, self._going = self._going, []
        rung = 0 if self.rungs else None
        return [*going, *self._proposed(self._parallel - len(going), self._until[0], rung)]

    def _take(self, results: Sequence[tuple[Ask, Result]]) -> None:
        # The best first: at a rung, Optuna lets the first one pass.
        for ask, result in sorted(results, key=lambda each: each[1].loss):
            proposal = self._proposals[ask.trial_id]
            rung = ask.rung or 0
            told = self._oracle.update_trial(
                proposal.trial_id, {OBJECTIVE.name: result.loss}, step=self._factor**rung
            )
            if result.over and math.isfinite(result.loss):
                told.status = "COMPLETED"
            if result.over or told.status == "STOPPED":
                self._oracle.end_trial(told)
            else:
                self._going.append(
                    dataclasses.replace(ask, until=self._until[rung + 1], rung=rung + 1, parent=ask.trial_id)
                )
        self._going.sort(key=lambda ask: ask.number)
