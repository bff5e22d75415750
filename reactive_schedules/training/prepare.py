"""Prepares a Keras model for training: compiles it, builds it, and chooses the steps per call."""

from numbers import Integral
from typing import Any

import keras

from reactive_schedules.duration import Horizon
from reactive_schedules.training.source import Source

_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")


def compile_with(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, loss: Any, metrics: Any, weighted_metrics: Any
) -> None:
    """Compiles the model; a compiled one keeps its loss and metrics unless they are given.

    Raises:
        ValueError: The model is not compiled, and no loss is given.
    """
    given = {"loss": loss, "metrics": metrics, "weighted_metrics": weighted_metrics}
    given = {name: value for name, value in given.items() if value is not None}
    if model.compiled:
        settings = {**model._compile_config.config, **given, "optimizer": optimizer}
        # What Keras does not keep: whether the loss is scaled in mixed precision.
        scales = model.optimizer is None or isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        # The method of keras.Model, because a subclass may override compile with other arguments.
        keras.Model.compile(model, **settings, auto_scale_loss=scales)
    elif loss is None:
        raise ValueError(
            "loss: is required, because the model is not compiled; pass loss, or compile the model"
        )
    else:
        model.compile(optimizer=optimizer, **given)


def check_rank(model: keras.Model, source: Source, name: str) -> None:
    """Checks that a dataset yields single examples, if the model declares its inputs.

    Raises:
        ValueError: The elements have too many axes, as in a batched dataset.
    """
    parts = getattr(source, "parts", None)  # of a dataset
    if parts is None:
        return
    taken = [len(tensor.shape) for tensor in keras.tree.flatten(getattr(model, "inputs", None) or [])]
    # TensorFlow does not always know the rank.
    given = [
        len(part.shape) if getattr(part.shape, "rank", 1) else 0 for part in keras.tree.flatten(parts[0])
    ]
    if len(taken) == len(given) and any(a >= b for a, b in zip(sorted(given), sorted(taken), strict=True)):
        raise ValueError(
            f"{name}: an example has {max(given)} axes, but the model expects {max(taken) - 1}; "
            "if the dataset is batched, pass one of single examples, as dataset.unbatch() of tf.data"
        )


def check_examples(source: Source, name: str) -> None:
    """Checks that a source has examples.

    Raises:
        ValueError: It has none, or does not know how many.
    """
    if not isinstance(source.examples, Integral) or source.examples < 1:
        raise ValueError(f"{name}: examples must be an integer of at least 1, got {source.examples!r}")


def ensure_built(model: keras.Model, source: Source) -> None:
    """Builds the weights and metrics of the model, using one example, and the slots of the optimizer."""
    batch = next(iter(source.batches(1, 0, 0, None)))
    strategy = getattr(model, "distribute_strategy", None)  # of TensorFlow
    plain = type(model).train_step is keras.Model.train_step
    if plain or strategy is None or strategy.num_replicas_in_sync > 1:
        model._symbolic_build(
            data_batch=batch
        )  # as Keras' fit does; metrics built inside a trace cost another
    elif not model.built:
        model(batch[0])
    if not model.optimizer.built:  # loss scaling would add its variables once more
        model.optimizer.build(model.trainable_variables)


def batch_hooks(callbacks: keras.callbacks.CallbackList) -> bool:
    """Whether any callback overrides a batch hook of training."""
    return any(
        getattr(type(callback), hook) is not getattr(keras.callbacks.Callback, hook)
        for callback in callbacks.callbacks
        for hook in _BATCH_HOOKS
    )


def steps_per_call(
    model: keras.Model, callbacks: keras.callbacks.CallbackList, horizon: Horizon
) -> int | None:
    """Number of steps per call of the compiled loop; None if no callback has batch hooks, so any number will do."""
    listening = [c for c in callbacks.callbacks if batch_hooks(keras.callbacks.CallbackList([c]))]
    if not listening:
        return None
    if all(isinstance(callback, keras.callbacks.ProgbarLogger) for callback in listening):
        return max(1, horizon.steps_per_epoch // 20)
    return model.steps_per_execution
