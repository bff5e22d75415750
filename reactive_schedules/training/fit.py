"""Training with a spec: the step schedule, the reaction to a plateau, and a crash that costs nothing."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras

from reactive_schedules.duration import Horizon
from reactive_schedules.keras.optimizers import build_optimizer
from reactive_schedules.keras.plateau_decay import PlateauDecay
from reactive_schedules.plateau.decision_log import DecisionLog
from reactive_schedules.plateau.state import PlateauState
from reactive_schedules.spec.training_spec import TrainingSpec
from reactive_schedules.training.backend import require_tensorflow
from reactive_schedules.training.checkpoint import Checkpoints
from reactive_schedules.training.prepare import (
    batch_hooks,
    compile_with,
    ensure_built,
    steps_per_call,
)
from reactive_schedules.training.rate import RunRate
from reactive_schedules.training.run import EpochEnd, TrainingRun
from reactive_schedules.training.store import RunStore

FORMAT = 1  # of checkpoints


@dataclass(frozen=True)
class FitResult:
    """What a training left behind, besides the model.

    Fields:
        history: per metric, and for learning_rate (of the epoch's last step), batch_size and examples_seen,
            one value per epoch.
        decisions: records of the decisions to act or stop, as in the decision log.
        best_epoch, best_metric: of the monitored metric; None without a plateau spec.
        stopped_by: "epochs" (all were trained), "plateau", "callback", or "until".
        updates: training steps made in all.
        plateau: the plateau machine's last state; None without a plateau spec.

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


def fit(
    model: keras.Model,
    train: Any,
    validation: Any,
    spec: TrainingSpec,
    *,
    loss: Any = None,
    metrics: Any = None,
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
    """Trains `model` as `spec` says, and leaves it with the best weights of the monitored metric.

    Each epoch is trained, validated, observed, acted on and saved, in this order. The learning rate is the
    step schedule's, at the clock's step, times what the plateau's cuts have come to. The clock counts
    examples, so that an epoch of the schedule stays an epoch of the data when the batch has grown. Without
    `spec.plateau` nothing is reacted to and the model keeps its last weights.

    With `checkpoint_dir`, a run that was killed at any moment goes on where it was when called again with the
    same arguments, and ends with the same weights, decisions and history; one that is finished returns at
    once. Random numbers of Keras' layers resume exactly; the user's own stateful ones (`tf.random.uniform` in
    an input pipeline, state in callbacks) do not.

    Validation has batches four times as large as the initial ones of training: a loss that is not a mean over
    examples is another one than with `model.evaluate`.

    Args:
        model: compiled or not. If it is compiled, the spec's optimizer takes the place of its own, and its
            loss, metrics and further settings stay where they are not given here.
        train: `(x, y)` or `(x, y, sample_weight)` of arrays (x and y may be dicts of arrays), a
            `tf.data.Dataset` of single examples, or a `rs.sources.Source`. Arrays are fastest: their
            batches are cut out inside the compiled loop.
        validation: the same, or None if the plateau monitors a training metric.
        spec: optimizer, step schedule, batch size, epochs, plateau, seed (of the order of examples).
        loss, metrics: as in `model.compile`. A metric with several values is a list of them in the history.
        optimizer: used instead of the spec's, with the spec's learning rate: for one that a spec cannot
            describe, such as with gradient accumulation.
        class_weight: weight by class index, for arrays and datasets.
        checkpoint_dir: folder of this training's checkpoints, saved after each epoch.
        checkpoint_every: training steps after which to save inside an epoch as well.
        decision_log: file that gets one JSON line per decision to act or stop; a training that begins empties it.
        callbacks: Keras callbacks. They hear of each `steps_per_execution` steps if they listen to batches.
            What they add to the logs at the end of an epoch is in the history, and can be monitored. Their own
            state is not saved; the learning rate is not theirs to set.
        on_epoch: called after each epoch with an `EpochEnd`, for progress.
        until: stop after so many epochs in all, while the schedule still has `spec.epochs` for its horizon;
            with checkpoints, a later call goes on from there.
        verbose: as in Keras' `fit`.

    Raises:
        ValueError: for arguments that contradict each other or the model; it names the argument.
        CheckpointError: if the folder's checkpoints are all damaged, or of another training.

    Example:
        >>> plateau = {"monitor": "val_loss", "patience": 2, "action": "decay"}
        >>> rate = {"family": "constant", "peak": 0.01}
        >>> spec = rs.TrainingSpec.parse({"learning_rate": rate, "plateau": plateau, "epochs": 4})
        >>> result = rs.fit(model, (x, y), (x, y), spec, loss="mse")
    """
    require_tensorflow("fit", "use PlateauDecay with the model's own fit, or observe() in a loop of your own")
    # Imported here, so that the rest of the library does without TensorFlow.
    from reactive_schedules.training.tensorflow.class_weight import weighted
    from reactive_schedules.training.tensorflow.loop import step_loop
    from reactive_schedules.training.tensorflow.sources import as_source, check_rank

    callbacks = keras.tree.flatten(callbacks or [])
    _check(spec, optimizer, validation, checkpoint_dir, checkpoint_every, until, callbacks)
    train = as_source(train, "train")
    check_rank(model, train, "train")
    if validation is not None:
        validation = as_source(validation, "validation")
        check_rank(model, validation, "validation")
    if class_weight is not None:
        train = weighted(train, class_weight)
    horizon = Horizon.of_examples(train.examples, batch_size=spec.batch_size, epochs=spec.epochs)
    with model.distribute_strategy.scope():
        rate = RunRate(spec, train.examples, horizon)
        if optimizer is None:
            # With its schedule from the start: TensorFlow saves no model whose optimizer had a variable taken away.
            optimizer = build_optimizer(spec.optimizer, rate.schedule)
        optimizer.learning_rate = rate.schedule
        compile_with(model, optimizer, loss, metrics)
        ensure_built(model, train)
    store = RunStore(
        identity=_identity(spec, train, validation),
        checkpoints=Checkpoints(checkpoint_dir) if checkpoint_dir else None,
        every=checkpoint_every,
        log=DecisionLog(decision_log) if decision_log else None,
    )
    train_loop = step_loop(model, model.train_step, train, rate.clock)
    validation_loop = step_loop(model, model.test_step, validation) if validation else None
    run = TrainingRun(model, spec, train_loop, validation_loop, rate, store)
    heard = keras.callbacks.CallbackList(
        callbacks,
        add_progbar=verbose != 0,
        model=model,
        verbose=verbose,
        epochs=spec.epochs,
        steps=horizon.steps_per_epoch,
    )
    try:
        run.resume()
        if not callbacks:  # which may add what is monitored
            run.check_monitor()
        per_call = steps_per_call(model, heard, horizon)
        run.run(until or spec.epochs, heard, on_epoch, per_call, batch_logs=batch_hooks(heard))
    finally:
        store.wait()
        model.optimizer.learning_rate = rate.afterwards(run.multiplier)
    progress, plateau = run.state.progress, run.state.plateau
    return FitResult(
        history=progress.history,
        decisions=progress.decisions,
        best_epoch=plateau and plateau.best_epoch,
        best_metric=plateau and plateau.best,
        stopped_by=progress.stopped_by or "until",
        updates=progress.updates,
        plateau=plateau,
    )


def _check(
    spec: TrainingSpec,
    optimizer: Any,
    validation: Any,
    directory: Any,
    every: int | None,
    until: int | None,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    if not isinstance(spec, TrainingSpec):
        raise ValueError(
            f"spec: must be a TrainingSpec, got {type(spec).__name__}; TrainingSpec.parse makes one of a dict, "
            "TrainingSpec.from_file of a file"
        )
    if not isinstance(optimizer, keras.optimizers.Optimizer | None):
        raise ValueError(
            f"optimizer: must be a keras.optimizers.Optimizer, got {optimizer!r}; a name goes into spec.optimizer"
        )
    if validation is None and spec.plateau and spec.plateau.monitor.startswith("val_"):
        raise ValueError(
            f"plateau.monitor: {spec.plateau.monitor!r} needs validation data, and validation is None"
        )
    if any(isinstance(callback, PlateauDecay) for callback in callbacks):
        raise ValueError("callbacks: PlateauDecay is for Keras' own fit; here the reaction is spec.plateau")
    if every is not None and (every < 1 or directory is None):
        raise ValueError(f"checkpoint_every: must be at least 1 and needs checkpoint_dir, got {every}")
    if until is not None and not 1 <= until <= spec.epochs:
        raise ValueError(f"until: must be between 1 and the spec's {spec.epochs} epochs, got {until}")


def _identity(spec: TrainingSpec, train: Any, validation: Any) -> dict:
    return {
        "format": FORMAT,
        "spec": spec.model_dump(mode="json"),
        "training examples": train.examples,
        "validation examples": validation and validation.examples,
    }
