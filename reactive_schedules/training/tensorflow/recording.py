"""Records labels, predictions and weights of a validation pass, for metrics of the whole split."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf


class Recording:
    """The rows of a validation pass, in the order of the examples.

    The predictions are those that `model.test_step` makes from the inputs of a batch. If a user's own test step makes
    none, several, or changes the inputs first, the model is called once more with these inputs.

    Args:
        model: Model whose `test_step` is recorded.
        examples: Number of examples of a pass.
    """

    def __init__(self, model: keras.Model, examples: int) -> None:
        self._model, self._examples = model, examples
        self._is_plain = type(model).test_step is keras.Model.test_step
        self._rows: dict[str, Any] = {}

    def step(self, batch: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Takes a test step; returns its logs, and the rows for `keep`."""
        x, y, *weight = batch
        with _calls(self._model) as calls:
            logs = self._model.test_step(batch)
        made = [outputs for inputs, outputs in calls if self._is_plain or _same(inputs, x)]
        predictions = made[0] if len(made) == 1 else self._model(x, training=False)
        return logs, {"labels": y, "predictions": predictions, "weights": weight[0] if weight else None}

    def keep(self, rows: dict[str, Any], first: tf.Tensor) -> None:
        """Stores the rows of a batch.

        Args:
            rows: Labels, predictions and weights; nests of tensors of shape [rows, ...], or None.
            first: Number of the first row.
        """
        for name, part in rows.items():
            if name not in self._rows:
                # None for weights stays None, because it is an empty nest.
                self._rows[name] = part if part is None else keras.tree.map_structure(self._variable, part)
            if part is not None:
                keras.tree.map_structure(
                    lambda variable, values: variable[first : first + tf.shape(values, tf.int64)[0]].assign(
                        values
                    ),
                    self._rows[name],
                    part,
                )

    def arrays(self) -> tuple[Any, Any, Any]:
        """Labels, predictions and weights (None if there are none) of the last pass, as numpy arrays."""
        labels, predictions, weights = (
            part if part is None else keras.tree.map_structure(lambda variable: variable.numpy(), part)
            for part in (self._rows[name] for name in ("labels", "predictions", "weights"))
        )
        return labels, predictions, weights

    def _variable(self, values: tf.Tensor) -> tf.Variable:
        shape = [self._examples, *values.shape[1:]]
        if None in shape:
            raise ValueError(
                f"validation_metrics: need labels and predictions of a fixed shape, got {tuple(values.shape)}"
            )
        with tf.init_scope(), tf.device("CPU"):
            return tf.Variable(tf.zeros(shape, values.dtype), trainable=False)


@contextlib.contextmanager
def _calls(model: keras.Model) -> Iterator[list[tuple[Any, Any]]]:
    """Collects the first argument and the outputs of each call of the model."""
    calls: list[tuple[Any, Any]] = []
    if model.distribute_strategy.num_replicas_in_sync > 1:  # whose threads share the model
        yield calls
        return
    attributes, call = model.__dict__, model.call
    earlier = attributes.get("call")

    def recorded(*args: Any, **kwargs: Any) -> Any:
        outputs = call(*args, **kwargs)
        calls.append((args[0] if args else None, outputs))
        return outputs

    attributes["call"] = recorded
    try:
        yield calls
    finally:
        if earlier is None:
            del attributes["call"]
        else:
            attributes["call"] = earlier


def _same(one: Any, other: Any) -> bool:
    """Whether two nests hold the very same tensors; Keras copies the nest, but not the tensors."""
    pairs = keras.tree.flatten(one), keras.tree.flatten(other)
    return len(pairs[0]) == len(pairs[1]) and all(a is b for a, b in zip(*pairs, strict=True))
