"""Optuna's tree-structured Parzen estimator as a KerasTuner oracle."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds
from keras_tuner.engine.trial import Trial

from reactive_schedules.extras import brought_by
from reactive_schedules.search.oracles.quiet import OBJECTIVE, Quiet

with brought_by("search"):
    import optuna


def parzen(
    hyperparameters: keras_tuner.HyperParameters, seed: int, trials: int, factor: int
) -> "OptunaOracle":
    """An oracle that proposes values by TPE, and prunes by asynchronous successive halving.

    Args:
        hyperparameters: Search space.
        seed: Seed for the choice of values.
        trials: Maximum number of trials, of which a third, from 4 to 10, are random.
        factor: Number of trials that compete for a place at the next rung.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            seed=seed, multivariate=True, group=True, n_startup_trials=max(4, min(10, trials // 3))
        )
    # Rungs are reported as powers of the factor, although their epochs are rounded.
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=factor)
    return OptunaOracle(hyperparameters, seed, sampler, pruner)


class OptunaOracle(Quiet):
    """Optuna's sampler and pruner behind the interface of a KerasTuner oracle.

    `update_trial` sets the status "STOPPED" when Optuna prunes the trial.
    """

    def __init__(
        self,
        hyperparameters: keras_tuner.HyperParameters,
        seed: int,
        sampler: optuna.samplers.BaseSampler,
        pruner: optuna.pruners.BasePruner,
    ) -> None:
        super().__init__(hyperparameters, seed)
        # Otherwise, Optuna logs the beginning and end of each trial.
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.study = optuna.create_study(direction="minimize", sampler=sampler, pruner=pruner)
        self._asked: dict[str, optuna.Trial] = {}

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Asks Optuna for values; replaces values that were already tried by random new ones."""
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

    def update_trial(self, trial_id: str, metrics: Mapping[str, float], step: int = 0) -> Trial:
        """Reports an intermediate loss; an infinite loss, which is a failure, prunes the trial."""
        trial = super().update_trial(trial_id, metrics, step)
        loss = metrics[OBJECTIVE.name]
        if math.isfinite(loss):
            self._asked[trial_id].report(loss, step)
        if not math.isfinite(loss) or self._asked[trial_id].should_prune():
            trial.status = "STOPPED"
        return trial

    def end_trial(self, trial: Trial) -> None:
        """Tells Optuna the last loss of a completed trial; a stopped trial counts as pruned."""
        asked = self._asked.pop(trial.trial_id)
        if trial.status == "COMPLETED":
            self.study.tell(asked, trial.metrics.get_last_value(OBJECTIVE.name))
        else:
            self.study.tell(asked, state=optuna.trial.TrialState.PRUNED)
        trial.status = "COMPLETED"
        super().end_trial(trial)

    def report(self, trial: Trial, loss: float, step: int, over: bool) -> bool:
        """Reports a loss; returns whether the trial should continue.

        Args:
            trial: Trial with the loss.
            loss: Loss so far; infinite for a failure.
            step: Progress of the trial, as a power of the pruner's reduction factor.
            over: Whether the trial is finished.
        """
        trial = self.update_trial(trial.trial_id, {OBJECTIVE.name: loss}, step)
        if over and math.isfinite(loss):
            trial.status = "COMPLETED"
        goes_on = not over and trial.status != "STOPPED"
        if not goes_on:
            self.end_trial(trial)
        return goes_on

    def enqueue(self, values: Mapping[str, Any]) -> None:
        """Sets the values to try next."""
        by_name = {hp.name: hp for hp in self.hyperparameters.space if not isinstance(hp, kinds.Fixed)}
        self.study.enqueue_trial(
            {name: _parameter(by_name[name], value) for name, value in values.items() if name in by_name}
        )

    def add(self, values: Mapping[str, Any], loss: float) -> None:
        """Adds a result from another study."""
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
    if (values := _ordered(hp)) is not None:
        return values[trial.suggest_int(hp.name, 0, len(values) - 1)]
    match hp:
        case kinds.Fixed():
            return hp.value
        case kinds.Boolean():
            return trial.suggest_categorical(hp.name, [False, True])
        case kinds.Choice():
            return trial.suggest_categorical(hp.name, hp.values)
        case kinds.Int() | kinds.Float() if hp.sampling == "reverse_log":
            return hp.prob_to_value(trial.suggest_float(hp.name, 0.0, math.nextafter(1.0, 0.0)))
        case kinds.Int():
            return trial.suggest_int(hp.name, hp.min_value, hp.max_value, log=hp.sampling == "log")
        case kinds.Float():
            return trial.suggest_float(hp.name, hp.min_value, hp.max_value, log=hp.sampling == "log")
    raise TypeError(f"{hp.name}: {type(hp).__name__} is not supported")


def _ordered(hp: Any) -> list[Any] | None:
    """The values of a choice among numbers, or of a range with steps, of which Optuna gets the positions; else None."""
    if isinstance(hp, kinds.Choice) and hp.ordered:
        return hp.values
    each = isinstance(hp, kinds.Int) and hp.step == 1 and hp.sampling == "linear"
    stepped = isinstance(hp, kinds.Int | kinds.Float) and hp.step is not None and not each
    return list(hp.values) if stepped else None


def _parameter(hp: Any, value: Any) -> Any:
    if (values := _ordered(hp)) is not None:
        return min(range(len(values)), key=lambda index: abs(values[index] - value))
    return hp.value_to_prob(value) if getattr(hp, "sampling", None) == "reverse_log" else value
