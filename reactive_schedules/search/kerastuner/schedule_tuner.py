"""A KerasTuner tuner that searches schedules, reactions and batch sizes beside the hyperparameters of a model."""

import inspect
import math
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import keras_tuner
from keras_tuner import errors
from keras_tuner.engine.trial import Trial

from reactive_schedules import durable, plain_json
from reactive_schedules.errors import SpecError
from reactive_schedules.search import space as spaces
from reactive_schedules.search.dimensions import with_python_numbers
from reactive_schedules.search.kerastuner.arguments import Arguments, arguments
from reactive_schedules.search.kerastuner.hooks import hooks
from reactive_schedules.search.kerastuner.objective import check_objective
from reactive_schedules.search.kerastuner.rate import searched_rates
from reactive_schedules.search.kerastuner.values import EPOCHS, PARENT
from reactive_schedules.spec.training_spec import TrainingSpec
from reactive_schedules.training.backend import backend_of
from reactive_schedules.training.checkpoint import Checkpoints
from reactive_schedules.training.fit import FitResult, fit

_STATE = "state"
"""Folder of a trial with its checkpoints."""


class ScheduleTuner(keras_tuner.Tuner):
    """A `keras_tuner.Tuner` that trains by a spec, and searches its values, too.

    Each trial is an `rs.fit` with the learning rate, batch size and reaction of its spec. The model is built by the
    user's `HyperModel.build(hp)` as it is; it keeps its optimizer, except for the learning rate, unless the spec or the
    space names one. A trial that is promoted by the oracle, here or on another worker, or that was interrupted,
    continues exactly after its last epoch. The score is the objective of the weights that are kept: those of the best
    epoch by the plateau's metric, or, without a plateau, of the last.

    A hypermodel with a `fit` of its own trains as in KerasTuner. It gets the trial's spec if it has the argument
    `spec`, and the epochs to train for if it has `epochs`; promoted trials begin anew.

    Args:
        oracle: An `rs.Oracle`, or any of KerasTuner's own.
        hypermodel: A `keras_tuner.HyperModel`, or a function of the hyperparameters that returns a compiled model.
        spec: Training spec from which the trials vary.
        space: Values of the spec to try, in its layout, with a list or a range `{low: …, high: …, log: True}` instead
            of a value.
        **options: Other arguments of `keras_tuner.Tuner`, such as `directory`, `project_name`, `overwrite`,
            `executions_per_trial`, `loss` and `metrics`.

    Raises:
        SpecError: The spec or the space is invalid; names the path.
        ValueError: The space would have no effect, or the direction of the objective contradicts its name.

    Example:
        >>> def build(hp):
        ...     layers = [keras.layers.Dense(hp.Int("width", 1, 8)), keras.layers.Dense(1)]
        ...     model = keras.Sequential([keras.Input((3,)), *layers])
        ...     model.compile("adam", "mse")
        ...     return model
        >>> spec = {"learning_rate": {"family": "constant", "peak": 0.01}, "plateau": {"patience": 2}, "epochs": 3}
        >>> space = {"learning_rate": {"peak": [0.01, 0.1]}, "batch_size": [16, 32]}
        >>> oracle = rs.Oracle("random", "val_loss", max_trials=2)
        >>> tuner = rs.ScheduleTuner(oracle, build, spec, space, directory=folder)
        >>> tuner.search(x, y, validation_data=(x, y), verbose=0)
        >>> tuner.spec_of(tuner.get_best_hyperparameters()[0]).batch_size in (16, 32)
        True
    """

    def __init__(
        self,
        oracle: keras_tuner.Oracle,
        hypermodel: Any,
        spec: TrainingSpec | Mapping[str, Any],
        space: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        spec = spec if isinstance(spec, TrainingSpec) else TrainingSpec.parse(spec)
        space = dict(with_python_numbers(space or {}))
        if "model" in space:
            raise SpecError("space.model: is searched by HyperModel.build; leave it out")
        self._training: Mapping[str, Any] = spec.model_dump(mode="json")
        self._searched = keras_tuner.HyperParameters()
        if space:
            spaces.check(self._training, {}, space)
            self._searched = spaces.to_hyperparameters(self._training, {}, space)
        self._keeps_optimizer = "optimizer" not in spec.model_fields_set and "optimizer" not in space
        self._arguments: Arguments | None = None
        self._seed: int | None = None  # of the next model
        self._own: set[str] = set()  # hyperparameters of the hypermodel that were looked at
        if hypermodel is None:
            raise ValueError(
                "hypermodel: is None; give a HyperModel, or a function that returns a compiled model"
            )
        super().__init__(oracle=oracle, hypermodel=hypermodel, **options)
        check_objective(self.oracle.objective)
        self._fits = getattr(type(self.hypermodel), "fit", None) is keras_tuner.HyperModel.fit
        if not self._fits:
            self._check_own_fit(bool(space))

    def _check_own_fit(self, searches: bool) -> None:
        takes_spec = "spec" in self._parameters()
        if searches and not takes_spec:
            raise ValueError(
                "space: has no effect, because HyperModel.fit does not take the trial's spec; give it an argument "
                "`spec`, or leave out the space"
            )
        warnings.warn(
            "HyperModel.fit: trains as it likes; "
            + ("" if takes_spec else "the spec has no effect, as it has no argument `spec`, and ")
            + "promoted trials begin anew",
            stacklevel=3,
        )

    def _parameters(self) -> Mapping[str, inspect.Parameter]:
        hypermodel: Any = self.hypermodel
        return inspect.signature(hypermodel.fit).parameters

    def _populate_initial_space(self) -> None:
        self.oracle.hyperparameters.merge(self._searched, overwrite=False)
        super()._populate_initial_space()

    def spec_of(self, hyperparameters: keras_tuner.HyperParameters) -> TrainingSpec:
        """The training spec of a trial. Its optimizer is used only if the tuner's spec or space names one.

        Args:
            hyperparameters: Its hyperparameters, as `get_best_hyperparameters` returns them.

        Raises:
            SpecError: The values do not make a valid spec.
        """
        names = {hp.name for hp in self._searched.space}
        values = {name: value for name, value in hyperparameters.values.items() if name in names}
        return spaces.from_hyperparameters(self._training, {}, values)[0]

    def search(self, *fit_args: Any, **fit_kwargs: Any) -> None:
        """Searches.

        Args:
            *fit_args, **fit_kwargs: `x`, `y`, `sample_weight`, `validation_data`, `class_weight`, `callbacks`
                (callbacks, which are copied for each training, or a function of the hyperparameters that makes them)
                and `verbose`. `x` and `validation_data` may also be a `tf.data.Dataset` of single examples, or an
                `rs.Source`. Those of `HyperModel.fit`, if the hypermodel has its own.

        Raises:
            ValueError: An argument cannot be used, or the oracle asks for more epochs than the spec has; names it.
        """
        if self._fits:
            self._prepare(arguments(*fit_args, **fit_kwargs))
        super().search(*fit_args, **fit_kwargs)

    def _prepare(self, given: Arguments) -> None:
        """Checks everything before the first trial."""
        backend = backend_of("ScheduleTuner", "use keras_tuner.Tuner with PlateauDecay")
        train = backend.as_source(given.train, "x")
        spec = TrainingSpec.parse(self._training)
        if isinstance(spec.epochs, str):
            self._training = spaces.in_whole_epochs(self._training, train.examples)
        epochs, asked = self._training["epochs"], _epochs_of(self.oracle)
        if asked and asked > epochs:
            raise ValueError(
                f"epochs: the oracle asks for {asked} epochs, but the spec has {epochs}; give both the same"
            )
        if given.validation is None and self.oracle.objective.name.startswith("val_"):
            raise ValueError(
                f"objective: {self.oracle.objective.name} needs validation data; pass validation_data"
            )
        if self.oracle.objective.name == "default_objective":
            raise ValueError('objective: is missing; give the oracle one, such as "val_loss"')
        self._arguments = given

    def run_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> Any:
        """Trains a trial; returns its metrics, one mapping for each execution."""
        hp = trial.hyperparameters
        if not self._fits:
            own = {"spec": self.spec_of(hp), "epochs": hp.values.get(EPOCHS)}
            parameters = self._parameters()
            kwargs |= {name: value for name, value in own.items() if name in parameters and value is not None}
            if callable(kwargs.get("callbacks")):
                kwargs["callbacks"] = kwargs["callbacks"](hp)
            return super().run_trial(trial, *args, **kwargs)
        given = self._arguments
        assert given is not None
        spec, until = self.spec_of(hp), hp.values.get(EPOCHS)
        found: list[dict[str, float]] = []
        ended = True
        for execution in range(self.executions_per_trial):
            seeded = spec.model_copy(update={"seed": spec.seed + execution})
            model, result = self._trained(trial, seeded, given, until, execution)
            metrics = self._metrics(result)
            if self._is_best(metrics, found):
                self._save(trial, model)
            found.append(metrics)
            ended = ended and result.stopped_by != "until"
        self._forget(trial, ended)
        longest = max(each[EPOCHS] for each in found)
        return [{**each, EPOCHS: longest} for each in found]

    def _trained(
        self, trial: Trial, spec: TrainingSpec, given: Arguments, until: int | None, execution: int
    ) -> tuple[Any, FitResult]:
        hp = trial.hyperparameters
        self._seed = spec.seed
        model: Any = self._try_build(hp)
        if not model.compiled:
            raise errors.FatalValueError(
                "HyperModel.build: the model is not compiled; call model.compile with a loss"
            )
        self._warn_of_rates(model, hp)
        callbacks = (
            given.callbacks(hp) if callable(given.callbacks) else self._deepcopy_callbacks([*given.callbacks])
        )
        callbacks = [*keras.tree.flatten(callbacks or []), *hooks(self, trial)]
        self._configure_tensorboard_dir(callbacks, trial, execution)
        folder = self._state(trial.trial_id) / f"execution-{execution}"
        if parent := hp.values.get(PARENT):
            _continue_from(self._state(parent) / folder.name, folder)
        result = fit(
            model,
            given.train,
            given.validation,
            spec,
            optimizer=model.optimizer if self._keeps_optimizer else None,
            class_weight=given.class_weight,
            checkpoint_dir=folder,
            callbacks=callbacks,
            until=until,
            verbose=given.verbose,
        )
        return model, result

    def _warn_of_rates(self, model: Any, hp: keras_tuner.HyperParameters) -> None:
        known = self._own | {each.name for each in self._searched.space}
        for name in searched_rates(model, hp, self._build_hypermodel, known):
            warnings.warn(
                f"{name}: has no effect as the learning rate of the optimizer, which the spec's schedule sets; leave "
                "it out of HyperModel.build, and search learning_rate.peak in the space",
                stacklevel=2,
            )
        self._own.update(hp.values)

    def _build_hypermodel(self, hp: keras_tuner.HyperParameters) -> Any:
        if self._seed is not None:
            keras.utils.set_random_seed(self._seed)
        return super()._build_hypermodel(hp)

    def _metrics(self, result: FitResult) -> dict[str, float]:
        """The metrics of the weights that are kept, with KerasTuner's name for the number of epochs."""
        objective, logs = self.oracle.objective, result.best_logs
        if not logs:
            raise errors.FailedTrialError(
                f"Diverged: the monitored metric was never finite ({result.stopped_by})"
            )
        values = {name: value for name, value in logs.items() if isinstance(value, int | float)}
        if not objective.has_value(values):
            raise errors.FatalValueError(
                f"objective: {objective.name!r} is not among the logs; choose one of {', '.join(sorted(values))}"
            )
        values[objective.name] = score = objective.get_value(values)
        if not math.isfinite(score):
            raise errors.FailedTrialError(f"Diverged: {objective.name} is {score}")
        return {**values, EPOCHS: len(result.history["learning_rate"])}

    def _is_best(self, metrics: Mapping[str, float], others: list[dict[str, float]]) -> bool:
        objective = self.oracle.objective
        return all(objective.better_than(metrics[objective.name], each[objective.name]) for each in others)

    def _save(self, trial: Trial, model: keras.Model) -> None:
        """Saves the weights, and what `load_model` builds the model with."""
        durable.write(
            Path(self._get_build_config_fname(trial.trial_id)),
            plain_json.dumps(model.get_build_config()).encode(),
        )
        file = Path(self._get_checkpoint_fname(trial.trial_id))
        part = file.with_name(f"writing-{file.name}")
        model.save_weights(part)
        part.replace(file)

    def _forget(self, trial: Trial, ended: bool) -> None:
        """Deletes checkpoints that nothing goes on from."""
        if parent := trial.hyperparameters.values.get(PARENT):
            shutil.rmtree(self._state(parent), ignore_errors=True)
        if ended:
            shutil.rmtree(self._state(trial.trial_id), ignore_errors=True)

    def _state(self, trial_id: str) -> Path:
        return Path(self.get_trial_dir(trial_id), _STATE)


def _continue_from(parent: Path, folder: Path) -> None:
    """Begins the checkpoints of a trial with those that it is promoted with; without them, it begins anew."""
    if folder.exists() or not parent.exists():
        return
    folder.mkdir(parents=True)
    theirs, ours = Checkpoints(parent), Checkpoints(folder)
    for source, target in ((theirs.previous, ours.previous), (theirs.newest, ours.newest)):
        if source.exists():
            durable.link(source, target)


def _epochs_of(oracle: Any) -> int | None:
    """The number of epochs that an oracle of this library or of KerasTuner asks for at most."""
    oracle = getattr(oracle, "_oracle", oracle)  # of a worker
    return getattr(oracle, "epochs", None) or getattr(oracle, "max_epochs", None)
