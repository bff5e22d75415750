"""Preparing a Keras model for training with an optimizer that a spec describes."""

from collections.abc import Sequence
from typing import Any

import keras

from schedules.duration import Horizon
from schedules.sources import Source

_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")


def compile_with(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, loss: Any, metrics: Sequence
) -> None:
    """Compiles the model, or gives a compiled one another optimizer and leaves all else as it is.

    Raises:
        ValueError: if a compiled model is given a loss or metrics, or one that is not compiled gets no loss.
    """
    if not model.compiled:
        if loss is None:
            raise ValueError("loss: the model is not compiled; pass loss (and metrics), or compile it")
        model.compile(optimizer=optimizer, loss=loss, metrics=list(metrics) or None)
        return
    if loss is not None or metrics:
        name = "metrics" if loss is None else "loss"
        raise ValueError(f"{name}: the model is compiled already; leave it out, or pass a model that is not")
    # Keras' own method: a subclass may have overridden compile with other arguments.
    keras.Model.compile(model, **{**model._compile_config.config, "optimizer": optimizer})


def ensure_built(model: keras.Model, source: Source) -> None:
    """Builds what the model lacks (weights, metrics) from one example, and the optimizer's slots.

    Raises:
        ValueError: if the source yields batches where single examples are expected.
    """
    batch = next(iter(source.batches(1, 0, 0, None)))
    _check_rank(model, batch[0])
    if type(model).train_step is keras.Model.train_step or model.distribute_strategy.num_replicas_in_sync > 1:
        model._symbolic_build(
            data_batch=batch
        )  # as Keras' fit does; metrics built inside a trace cost another
    elif not model.built:
        model(batch[0])
    model.optimizer.build(model.trainable_variables)


def _check_rank(model: keras.Model, x: Any) -> None:
    shapes = keras.tree.flatten(getattr(model, "inputs", None) or [])
    parts = keras.tree.flatten(x)
    if len(shapes) == len(parts) == 1 and len(parts[0].shape) > len(shapes[0].shape):
        raise ValueError(
            f"train: one example has shape {tuple(parts[0].shape[1:])}, the model takes "
            f"{tuple(shapes[0].shape[1:])}; if the dataset is batched, pass dataset.unbatch()"
        )


def batch_hooks(callbacks: keras.callbacks.CallbackList) -> bool:
    """Whether any callback listens to training batches."""
    return any(
        getattr(type(callback), hook) is not getattr(keras.callbacks.Callback, hook)
        for callback in callbacks.callbacks
        for hook in _BATCH_HOOKS
    )


def steps_per_call(
    model: keras.Model, callbacks: keras.callbacks.CallbackList, horizon: Horizon
) -> int | None:
    """Training steps in one call of the compiled loop; None, as many as are fast, if nobody listens to them."""
    listening = [c for c in callbacks.callbacks if batch_hooks(keras.callbacks.CallbackList([c]))]
    if not listening:
        return None
    if all(isinstance(callback, keras.callbacks.ProgbarLogger) for callback in listening):
        return max(1, horizon.steps_per_epoch // 20)
    return model.steps_per_execution


def averaging(optimizer: keras.optimizers.Optimizer) -> float:
    """How much of the past an update holds: the momentum, or Adam's beta_1, or 0."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    return float(getattr(optimizer, "momentum", 0.0) or getattr(optimizer, "beta_1", 0.0))
