"""The search algorithms as a KerasTuner oracle."""

import inspect
import math
import time
from collections.abc import Mapping
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner import errors
from keras_tuner.engine.trial import Trial

from reactive_schedules.errors import SpecError
from reactive_schedules.search import registry
from reactive_schedules.search.kerastuner.objective import check_objective
from reactive_schedules.search.kerastuner.stages import Stages
from reactive_schedules.search.kerastuner.values import EPOCHS, INITIAL_EPOCH, PARENT, ROUND, Watched
from reactive_schedules.search.options import RungOptions
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.proposing import Proposing
from reactive_schedules.search.searcher import Answer, Ask, Searcher

IDLE_S = 0.1
"""Seconds until a worker without work is answered, because KerasTuner asks again at once."""


class Oracle(keras_tuner.Oracle):
    """A search algorithm as the `oracle` of a `keras_tuner.Tuner`.

    The first trial has the default values. A trial that fails, or whose objective is not finite, is a bad one, and ends
    the search only if none before it succeeded. Hyperparameters that are first used in a later trial are searched from
    then on. A search that was interrupted goes on with the same trials, and so does one with more `max_trials` that
    does not depend on their number.

    An algorithm that stops trials early (`halving`, `hyperband`, and `tpe` with `epochs`) needs a tuner that trains for
    `tuner/epochs`, as `rs.ScheduleTuner` does, which continues promoted trials exactly. Others will do with a
    `HyperModel.fit` that trains for `hp.get("tuner/epochs")` epochs. `keras_tuner.Tuner` alone is refused, since it
    trains each trial to the end.

    Args:
        algorithm: Name of an algorithm: "random", "grid", "bayesian", "tpe", "halving", "hyperband", or one of your
            own, see `register_algorithm`.
        objective: As for KerasTuner's own oracles.
        max_trials: Number of trials, each of which counts once, even if it is promoted; by default, the algorithm's.
        epochs: Number of epochs of a trial that is not stopped early.
        seed: Seed for the choice of values.
        hyperparameters, tune_new_entries, allow_new_entries, max_retries_per_trial: As for KerasTuner's own oracles.
        max_consecutive_failed_trials: Number of trials at the beginning of a search that may fail.
        **options: Options of the algorithm, such as `factor`.

    Raises:
        SpecError: An option is invalid; names it.
        ValueError: The algorithm is unknown, or the objective is, or its direction contradicts its name.

    Example:
        >>> import keras_tuner
        >>> class Parabola(keras_tuner.Tuner):
        ...     def run_trial(self, trial, **_):
        ...         return (trial.hyperparameters.Float("x", -2.0, 2.0) - 1) ** 2
        >>> tuner = Parabola(rs.Oracle("tpe", max_trials=12), directory=folder)
        >>> tuner.search(verbose=0)
        >>> abs(tuner.get_best_hyperparameters()[0].get("x") - 1) < 0.5
        True
    """

    def __init__(
        self,
        algorithm: str,
        objective: Any = None,
        *,
        max_trials: int | None = None,
        epochs: int | None = None,
        seed: int = 0,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        tune_new_entries: bool = True,
        allow_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
        **options: Any,
    ) -> None:
        try:
            self._algorithm = registry.find(algorithm)
        except ValueError as error:
            raise ValueError(f"algorithm: {error}") from None
        trials = self._algorithm.options.model_fields.get("trials")
        if max_trials is not None:
            if trials is None:
                raise SpecError(f"max_trials: {algorithm} derives it from epochs; leave it out")
            options = {**options, "trials": max_trials}
        self._options = _parsed(self._algorithm.options, options)
        stops_early = issubclass(self._algorithm.options, RungOptions)
        kind = self._algorithm.search
        learns = isinstance(kind, type) and issubclass(kind, Proposing)
        if stops_early and epochs is None and not learns:
            raise SpecError(
                f"epochs: {algorithm} compares trials before their end; give the number of epochs of a full trial"
            )
        if epochs is not None and epochs < 1:
            raise SpecError(f"epochs: must be at least 1; got {epochs}")
        self._options.check(epochs or 1)
        self.epochs, self._search_seed = epochs, seed
        self.stops_early = stops_early and epochs is not None
        super().__init__(
            objective,
            None if self.stops_early or trials is None else getattr(self._options, "trials", None),
            hyperparameters,
            allow_new_entries,
            tune_new_entries,
            seed + 1,  # KerasTuner treats 0 as no seed
            max_retries_per_trial,
            max_consecutive_failed_trials,
        )
        check_objective(self.objective)
        self._stages = Stages(self._searcher, learns, self._answer, self._values_of, self._fits)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The values of the next trial, as KerasTuner asks for them."""
        ask = self._next() if self.trials else self._first()
        if ask is None and self.ongoing_trials:
            time.sleep(IDLE_S)
            return {"status": "IDLE"}
        if ask is None:
            return {"status": "STOPPED"}
        values = self._values(ask)
        self._stages.give(trial_id, ask)
        return {"status": "RUNNING", "values": values}

    def create_trial(self, tuner_id: str) -> Trial:
        """The next trial, as KerasTuner asks for it."""
        trial = super().create_trial(tuner_id)
        if isinstance(trial.hyperparameters.values, Watched):
            trial.hyperparameters.values.read = False  # it has been shown
        return trial

    def _first(self) -> Ask:
        """The first trial, which runs alone, because it may show hyperparameters that nobody knew before."""
        least = self._options.rungs(self.epochs)[0] if self.stops_early else None
        return Ask(
            "", 1, dict(self.hyperparameters.values), None if least == self.epochs else least, None, None
        )

    def _next(self) -> Ask | None:
        """What to train next; None if that depends on what is running, or if the search is over."""
        if self._stages.searcher is None and self.ongoing_trials:
            return None
        return self._stages.next(self.hyperparameters.space)

    def _searcher(self, space: keras_tuner.HyperParameters) -> Searcher:
        horizon = self.epochs or 1
        start = [dict(space.values)]
        problem = Problem(space, self.objective.direction, horizon, horizon, self._search_seed, start)
        return self._algorithm.search(problem, self._options)

    def _values_of(self, trial_id: str) -> Mapping[str, Any]:
        return self.trials[trial_id].hyperparameters.values

    def _fits(self, values: Mapping[str, Any], ask: Ask) -> bool:
        until = self._until(ask)
        return ask.values.items() <= values.items() and values.get(EPOCHS, until) == until

    def _answer(self, ask: Ask, trial_id: str | None) -> Answer | None:
        """The answer to an ask; None while there is none."""
        if trial_id is None or trial_id not in self.end_order:
            return None
        trial = self.trials[trial_id]
        score: Any = trial.score
        done = trial.status == "COMPLETED"
        ended = trial.metrics.exists(EPOCHS) and trial.metrics.get_last_value(EPOCHS) < self._until(ask)
        return Answer(ask.trial_id, float(score) if done else None, failed=not done, ended=ended)

    def _until(self, ask: Ask) -> int:
        return ask.until or self.epochs or 0

    def _values(self, ask: Ask) -> dict[str, Any]:
        parent = self._stages.newest()[ask.trial_id] if ask.parent else None
        chosen = self.hyperparameters.copy()
        # KerasTuner's Bayesian optimization proposes NumPy's numbers.
        chosen.values = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in ask.values.items()
        }
        if parent:
            chosen.values = {
                name: value
                for name, value in self.trials[parent].hyperparameters.values.items()
                if not name.startswith("tuner/")
            }
        # What the hypermodel did not use before the algorithm chose the values.
        for index, hp in enumerate(chosen.space):
            if chosen.is_active(hp) and hp.name not in chosen.values:
                seed = self._search_seed + 1000 * ask.number + index
                chosen.values[hp.name] = hp.default if ask.number == 1 else hp.random_sample(seed)
        if not self.stops_early:
            return chosen.values
        before = self.trials[parent].hyperparameters.values[EPOCHS] if parent else 0
        own = {EPOCHS: self._until(ask), INITIAL_EPOCH: before, ROUND: ask.rung or 0}
        return Watched({**chosen.values, **own, **({PARENT: parent} if parent else {})})

    def update_space(self, hyperparameters: keras_tuner.HyperParameters) -> None:
        """Adds hyperparameters that were not used before.

        Raises:
            keras_tuner.errors.FatalValueError: A grid has been laid without them.
        """
        super().update_space(hyperparameters)
        late = [hp.name for hp in self.hyperparameters.space[len(self._stages.space.space) :]]
        if late and self._stages.searcher and self._algorithm.name == "grid":
            raise errors.FatalValueError(
                f"grid: {', '.join(late)}: first used after the grid was laid; pass them as hyperparameters, or use "
                "keras_tuner.oracles.GridSearchOracle"
            )

    def score_trial(self, trial: Trial) -> None:
        """The score of a trial; NaN, a failure, if it is not finite."""
        super().score_trial(trial)
        score: Any = trial.score
        if not math.isfinite(score):
            trial.score = math.nan

    def end_trial(self, trial: Trial) -> None:
        """Records the end of a trial.

        Raises:
            keras_tuner.errors.FatalValueError: It was not trained for the epochs that the algorithm asked for.
        """
        values = trial.hyperparameters.values
        ignored = isinstance(values, Watched) and not values.read  # a worker's trial comes without
        super().end_trial(trial)
        self._save_end()
        if ignored and trial.status == "COMPLETED":
            raise errors.FatalValueError(_trains_to_the_end(self._algorithm.name, "the tuner"))

    @keras_tuner.synchronized
    def _save_end(self) -> None:
        """Saves again: KerasTuner's chief saves while the trial counts as running, so that another start repeats it."""
        self.save()

    def _check_consecutive_failures(self) -> None:
        if not any(trial.status == "COMPLETED" for trial in self.trials.values()):
            super()._check_consecutive_failures()

    def get_best_trials(self, num_trials: int = 1) -> list[Trial]:
        """The best trials, each at its highest rung; those that were stopped early come last."""
        newest = self._stages.newest().values()
        trials = [self.trials[trial_id] for trial_id in newest if trial_id in self.trials]
        sign = 1 if self.objective.direction == "min" else -1

        def place(trial: Trial) -> tuple[bool, int, float]:
            done, score = trial.status == "COMPLETED", trial.score or 0.0
            epochs = trial.hyperparameters.values.get(EPOCHS, 0)
            return not done, bool(epochs) and epochs != self.epochs, sign * score if done else 0.0

        return sorted(trials, key=place)[:num_trials]

    def get_state(self) -> dict[str, Any]:
        """What is needed to go on, as plain JSON."""
        return {
            **super().get_state(),
            "search": {
                "algorithm": self._algorithm.name,
                "options": self._options.model_dump(mode="json"),
                "epochs": self.epochs,
                "seed": self._search_seed,
            },
            **self._stages.state(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Goes on where a state was saved.

        Raises:
            ValueError: The project is one of another oracle.
        """
        ours = self.get_state()["search"]
        theirs = state.get("search", {})
        for name, value in {**ours, **ours["options"]}.items():
            other = {**theirs, **theirs.get("options", {})}.get(name)
            if name not in ("options", "trials") and other != value:
                raise ValueError(
                    f"oracle: {self._project_dir!r} holds a search with {name} {other}; got {value}; use another "
                    "project_name, or overwrite=True"
                )
        super().set_state(state)
        if not self._stages.replay(state, self.hyperparameters.space):
            raise ValueError(
                f"oracle: {self._project_dir!r} holds a search that cannot go on with these trials or this version; "
                "use another project_name, or overwrite=True"
            )

    def _set_project_dir(self, directory: Any, project_name: str) -> None:
        super()._set_project_dir(directory, project_name)
        # The constructor of the tuner calls this, and an oracle does not learn otherwise who will train its trials.
        frame = inspect.currentframe()
        tuner = frame and frame.f_back and frame.f_back.f_locals.get("self")
        if self.stops_early and isinstance(tuner, keras_tuner.Tuner):
            stock = type(tuner).run_trial is keras_tuner.Tuner.run_trial
            if stock and getattr(type(tuner.hypermodel), "fit", None) is keras_tuner.HyperModel.fit:
                raise ValueError(_trains_to_the_end(self._algorithm.name, "keras_tuner.Tuner"))


def _trains_to_the_end(algorithm: str, tuner: str) -> str:
    return (
        f"{algorithm}: {tuner} trains every trial to its end, so that none can be stopped early; use rs.ScheduleTuner, "
        'or train for hp.get("tuner/epochs") epochs in HyperModel.fit'
    )


def _parsed(options: type, given: Mapping[str, Any]) -> Any:
    try:
        return options.parse(given)
    except SpecError as error:
        text = str(error)
        raise SpecError(f"max_{text}" if text.startswith("trials:") else text) from None
