"""Training with a spec: schedule, reaction to plateaus, and exact resumption after a crash."""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras

from reactive_schedules.keras.optimizers import build_optimizer, check_single
from reactive_schedules.keras.plateau_decay import PlateauDecay
from reactive_schedules.keras.rate_callback import RateCallback
from reactive_schedules.plateau.decision_log import DecisionLog
from reactive_schedules.plateau.state import PlateauState
from reactive_schedules.spec.training_spec import TrainingSpec
from reactive_schedules.training.backend import backend_of
from reactive_schedules.training.checkpoint import Checkpoints
from reactive_schedules.training.extension import Extension
from reactive_schedules.training.prepare import (
    batch_hooks,
    check_examples,
    check_rank,
    compile_with,
    ensure_built,
    steps_per_call,
)
from reactive_schedules.training.rate import RunRate
from reactive_schedules.training.run import EpochEnd, TrainingRun
from reactive_schedules.training.store import RunStore
from reactive_schedules.training.validation_metric import ValidationMetric

FORMAT = 1  # of checkpoints
_INSTEAD: dict[type[keras.callbacks.Callback], str] = {
    PlateauDecay: "set spec.plateau instead",
    keras.callbacks.ReduceLROnPlateau: "set spec.plateau instead",
    RateCallback: "set spec.learning_rate instead",
    keras.callbacks.LearningRateScheduler: "set spec.learning_rate instead",
    keras.callbacks.BackupAndRestore: "set checkpoint_dir instead",
    keras.callbacks.SwapEMAWeights: "leave it out; averages are validated and kept anyway",
}
_LOSE_THEIR_STATE = (keras.callbacks.EarlyStopping, keras.callbacks.ModelCheckpoint)


@dataclass(frozen=True)
class FitResult:
    """The outcome of a run, besides the trained model.

    Attributes:
        history: One value per epoch of each metric, and of learning_rate (at the last step of the epoch), batch_size
            and examples_seen.
        decisions: Records of the decisions to act or stop, as in the decision log.
        best_epoch, best_metric: Epoch and value of the best monitored metric; None without a plateau spec.
        best_logs: Logs of the best observation, which are those of the weights that the model has; without a plateau
            spec, of the last epoch, or of the one whose weights `keras.callbacks.EarlyStopping` has restored.
        stopped_by: Reason for the end of the run: "epochs" (all were trained), "plateau", "callback", "until", or
            "interrupt" (Ctrl-C).
        updates: Total number of training steps.
        plateau: Last state of the plateau machine; None without a plateau spec.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.01}, "epochs": 2})
        >>> result = rs.fit(model, (x, y), None, spec)
        >>> result.stopped_by, result.updates, len(result.history["loss"])
        ('epochs', 4, 2)
    """

    history: dict[str, list[float]]
    decisions: list[dict]
    best_epoch: int | None
    best_metric: float | None
    stopped_by: str
    updates: int
    plateau: PlateauState | None = field(repr=False)
    best_logs: dict[str, Any] = field(default_factory=dict, repr=False)

    def record(self) -> dict[str, Any]:
        """History, decisions, the best epoch and its metric, and the reason for the end, as plain data."""
        names = ("history", "decisions", "best_epoch", "best_metric", "stopped_by")
        return {name: getattr(self, name) for name in names}


def fit(
    model: keras.Model,
    train: Any,
    validation: Any,
    spec: TrainingSpec,
    *,
    loss: Any = None,
    metrics: Any = None,
    weighted_metrics: Any = None,
    validation_metrics: Mapping[str, ValidationMetric] | None = None,
    optimizer: keras.optimizers.Optimizer | None = None,
    class_weight: Mapping[int, float] | None = None,
    checkpoint_dir: str | os.PathLike | None = None,
    checkpoint_every: int | None = None,
    decision_log: str | os.PathLike | None = None,
    callbacks: keras.callbacks.Callback | Sequence[keras.callbacks.Callback] = (),
    on_epoch: Callable[[EpochEnd], None] | None = None,
    until: int | None = None,
    verbose: int = 0,
) -> FitResult:
    """Trains `model` according to `spec`, and leaves it with its best weights by the monitored metric.

    Each epoch is trained, validated, observed, acted on and saved, in this order; with `spec.plateau.every`, it is also
    observed and acted on within. The learning rate is the rate of the
    schedule at the clock's step, multiplied by the plateau's cuts so far. The clock counts examples, so an epoch of the
    schedule remains an epoch of the data when the batch size grows. Without `spec.plateau`, there is no reaction, and
    the model keeps its last weights.

    With `checkpoint_dir`, a run that was interrupted at any moment resumes when called again with the same arguments,
    and ends with the same weights, decisions and history; a finished run returns at once. The random numbers of Keras
    layers resume exactly; those of stateful user code (`tf.random.uniform` in an input pipeline, state in callbacks) do
    not. With more `spec.epochs` than before, the run goes on as if it had been that long from the start, if the rates
    so far allow that: those of a constant or inverse-square-root rate, with durations in steps, epochs or examples
    only, or of `warmup_stable_decay` before its tail.

    Ctrl-C leaves the model with its best weights so far. Without `checkpoint_dir`, the result so far is returned; with
    it, the KeyboardInterrupt is raised, and the same call goes on later.

    Validation uses batches four times as large as the initial batch size, so a loss that is not a mean over examples
    differs from that of `model.evaluate`.

    Args:
        model: Keras model, compiled or not. If it is compiled, the optimizer of the spec replaces its optimizer; its
            loss, metrics and other settings apply unless given here.
        train: Training examples: arrays `(x, y)` or `(x, y, sample_weight)` (x and y may be dicts of arrays), a
            `tf.data.Dataset` of single examples, on PyTorch also a map-style `Dataset` or a `DataLoader`, or a
            `rs.Source`. Arrays are fastest, because the compiled loop slices their batches.
        validation: Validation examples, in the same forms; None if the plateau monitors a training metric.
        spec: Training spec. Its seed determines the order of the examples.
        loss, metrics, weighted_metrics: Loss and metrics, as in `model.compile`. A metric with several values is a list
            in the history.
        validation_metrics: Functions of the labels, predictions and weights (None if there are none) of all validation
            examples, by name; see `rs.ValidationMetric`. Each is called once per epoch with what the validation
            predicts anyway, and its value is logged as `val_<name>`, in place of a metric of the model of that name.
        optimizer: Optimizer to use instead of the spec's, with the learning rate of the spec; for settings that a spec
            cannot describe, such as gradient accumulation.
        class_weight: Weight by class index, for arrays and, on TensorFlow, datasets.
        checkpoint_dir: Folder for the checkpoints of this run, saved after each epoch.
        checkpoint_every: Number of training steps between additional checkpoints inside an epoch.
        decision_log: File for one JSON line per decision to act or stop; overwritten when a new run begins.
        callbacks: Keras callbacks. Batch hooks are called once per `steps_per_execution` steps. Values that callbacks
            add to the logs at the end of an epoch are in the history, and can be monitored. The state of callbacks is
            not saved. Those that set the learning rate, swap averages of weights or back up the training are refused.
        on_epoch: Function to call with an `EpochEnd` after each epoch.
        until: Total number of epochs after which to pause, without changing the horizon of the schedule,
            `spec.epochs`; with checkpoints, a later call continues from there.
        verbose: Verbosity, as in Keras' `fit`.

    Raises:
        ValueError: Arguments contradict each other or the model; names the argument.
        CheckpointError: All checkpoints in the folder are damaged, or they belong to a different run.

    Example:
        >>> plateau = {"monitor": "val_loss", "patience": 2, "action": "decay"}
        >>> rate = {"family": "constant", "peak": 0.01}
        >>> spec = rs.TrainingSpec.parse({"learning_rate": rate, "plateau": plateau, "epochs": 4})
        >>> result = rs.fit(model, (x, y), (x, y), spec, loss="mse")
    """
    backend = backend_of("fit", "use PlateauDecay with model.fit, or observe() in a custom training loop")
    callbacks = keras.tree.flatten(callbacks or [])
    validation_metrics = dict(validation_metrics or {})
    if validation_metrics and validation is None:
        raise ValueError("validation_metrics: need validation data, but validation is None")
    _check(spec, optimizer, validation, checkpoint_dir, checkpoint_every, callbacks)
    train = backend.as_source(train, "train")
    check_examples(train, "train")
    check_rank(model, train, "train")
    if validation is not None:
        validation = backend.as_source(validation, "validation")
        check_examples(validation, "validation")
        check_rank(model, validation, "validation")
    if class_weight is not None:
        train = backend.weighted(train, class_weight)
    examples = int(train.examples)
    spec, horizon = spec.at(examples), spec.horizon(examples)
    if until is not None and not 1 <= until <= horizon.epochs:
        raise ValueError(f"until: must be between 1 and the {horizon.epochs} epochs of the spec, got {until}")
    with backend.scope(model):
        rate = RunRate(spec, examples, horizon)
        if optimizer is None:
            # With its schedule from the start: TensorFlow saves no model whose optimizer had a variable taken away.
            optimizer = build_optimizer(
                spec.optimizer, rate.schedule, spec.ema, getattr(spec.learning_rate, "peak", None)
            )
        optimizer.learning_rate = rate.schedule
        compile_with(model, optimizer, loss, metrics, weighted_metrics)
        ensure_built(model, train)
    store = RunStore(
        identity=_identity(spec, train, validation, validation_metrics),
        checkpoints=Checkpoints(checkpoint_dir) if checkpoint_dir else None,
        every=checkpoint_every,
        log=DecisionLog(decision_log) if decision_log else None,
        extension=Extension(spec, examples),
    )
    train_loop = backend.train_loop(model, train, rate)
    validate = backend.validation_loop(model, validation, bool(validation_metrics)) if validation else None
    run = TrainingRun(model, spec, train_loop, validate, rate, store, validation_metrics)
    heard = keras.callbacks.CallbackList(
        callbacks,
        add_progbar=verbose != 0,
        model=model,
        verbose=verbose,
        epochs=horizon.epochs,
        steps=horizon.steps_per_epoch,
    )
    try:
        run.resume()
        _warn_of_lost_state(callbacks, run)
        # Callbacks may add the monitored metric at the end of an epoch.
        if not callbacks or (spec.plateau and spec.plateau.every is not None):
            run.check_monitor()
        per_call = steps_per_call(model, heard, horizon)
        run.run(until or horizon.epochs, heard, on_epoch, per_call, batch_logs=batch_hooks(heard))
    except KeyboardInterrupt:
        run.restore_best()
        if checkpoint_dir is not None:
            raise
        run.state.progress.stopped_by = "interrupt"
    finally:
        store.wait()
        model.optimizer.learning_rate = rate.afterwards(run.multiplier)
    progress, plateau = run.state.progress, run.state.plateau
    return FitResult(
        history=progress.history,
        decisions=progress.decisions,
        best_epoch=run.best_epoch,
        best_metric=plateau and plateau.best,
        stopped_by=progress.stopped_by or "until",
        updates=progress.updates,
        plateau=plateau,
        best_logs=_logs_of_the_weights(callbacks, run),
    )


def _check(
    spec: TrainingSpec,
    optimizer: Any,
    validation: Any,
    directory: Any,
    every: int | None,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    if not isinstance(spec, TrainingSpec):
        raise ValueError(
            f"spec: must be a TrainingSpec, got {type(spec).__name__}; use TrainingSpec.parse for a dict, or "
            "TrainingSpec.from_file for a file"
        )
    if not isinstance(optimizer, keras.optimizers.Optimizer | None):
        raise ValueError(
            f"optimizer: must be a keras.optimizers.Optimizer, got {optimizer!r}; set spec.optimizer to use a name"
        )
    if validation is None and spec.plateau and spec.plateau.monitor.startswith("val_"):
        raise ValueError(
            f"plateau.monitor: {spec.plateau.monitor!r} needs validation data, but validation is None"
        )
    if optimizer is not None:
        check_single(optimizer)
        if spec.ema is not None:
            raise ValueError(
                "ema: belongs to the optimizer of the spec; pass use_ema to your own optimizer instead"
            )
    for callback in callbacks:
        for kind, remedy in _INSTEAD.items():
            if isinstance(callback, kind):
                raise ValueError(f"callbacks: {type(callback).__name__} only works with model.fit; {remedy}")
    if every is not None and (every < 1 or directory is None):
        raise ValueError(f"checkpoint_every: must be at least 1, and needs checkpoint_dir; got {every}")


def _warn_of_lost_state(callbacks: Sequence[keras.callbacks.Callback], run: TrainingRun) -> None:
    progress = run.state.progress
    names = [type(callback).__name__ for callback in callbacks if isinstance(callback, _LOSE_THEIR_STATE)]
    if names and progress.updates and progress.stopped_by is None:
        warnings.warn(
            f"callbacks: {' and '.join(names)} forgot what came before epoch {progress.epoch + 1}, since checkpoints "
            "do not hold the state of callbacks; spec.plateau stops early and keeps the best weights, and resumes",
            stacklevel=3,
        )


def _logs_of_the_weights(callbacks: Sequence[keras.callbacks.Callback], run: TrainingRun) -> dict[str, Any]:
    """Logs of the weights that the model has: the best of the run, or those that EarlyStopping has restored."""
    stops = [each for each in callbacks if isinstance(each, keras.callbacks.EarlyStopping)]
    restored = [each for each in stops if each.restore_best_weights and each.best_weights is not None]
    if restored and run.state.progress.stopped_by != "interrupt":
        return run.logs_of(restored[-1].best_epoch)
    return run.best_logs


def _identity(
    spec: TrainingSpec, train: Any, validation: Any, metrics: Mapping[str, ValidationMetric]
) -> dict:
    return {
        "format": FORMAT,
        "backend": keras.backend.backend(),
        "spec": spec.model_dump(mode="json"),
        "training examples": int(train.examples),
        "validation examples": validation and int(validation.examples),
        "validation metrics": sorted(metrics) or None,
    }
