"""Records labels, predictions and weights of a validation pass, for metrics of the whole split."""

import contextlib
from typing import Any

import keras
import tensorflow as tf

from reactive_schedules.training.calls import calls, predictions


class Recording:
    """The rows of a validation pass, in the order of the examples.

    The predictions are those that `model.test_step` makes from the inputs of a batch; see `calls.predictions`.

    Args:
        model: Model whose `test_step` is recorded.
        examples: Number of examples of a pass.
    """

    def __init__(self, model: keras.Model, examples: int) -> None:
        self._model, self._examples = model, examples
        self._rows: dict[str, Any] = {}

    def step(self, batch: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Takes a test step; returns its logs, and the rows for `keep`."""
        x, y, *weight = batch
        replicas = self._model.distribute_strategy.num_replicas_in_sync  # their threads share the model
        with calls(self._model) if replicas == 1 else contextlib.nullcontext([]) as made:
            logs = self._model.test_step(batch)
        found = predictions(self._model, x, made)
        return logs, {"labels": y, "predictions": found, "weights": weight[0] if weight else None}

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
