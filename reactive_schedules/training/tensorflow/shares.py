"""A batch that several devices share, in which every example counts the same."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf


class Shares:
    """Weighs the devices by the number of their examples.

    Keras takes the mean over the examples of each device, and then that over the devices. If they have 8 and 7
    examples of a batch of 15, those 7 would count more, and a last batch of a single example half. So the loss of a
    device is scaled by its share of the batch, where Keras lets an optimizer scale it. What is logged stays as it is. A
    training step of the user that does not call `optimizer.scale_loss` trains as Keras would.

    Args:
        model: Compiled model on several devices.
    """

    def __init__(self, model: keras.Model) -> None:
        self._optimizer = model.optimizer
        self._replicas = model.distribute_strategy.num_replicas_in_sync
        self._thread = threading.local()  # each device has one

    def of(self, step: Callable) -> Callable:
        """Returns `step` as a function of the part of a batch that a device has, and of the size of the batch."""

        def scaled(part: Any, size: tf.Tensor) -> Any:
            own = tf.shape(keras.tree.flatten(part)[0])[0]
            self._thread.share = self._replicas * tf.cast(own, tf.float32) / tf.cast(size, tf.float32)
            return step(part)

        return scaled

    @contextlib.contextmanager
    def scaling(self) -> Iterator[None]:
        """A context in which the optimizer scales losses so."""
        scale = self._optimizer.scale_loss
        self._optimizer.scale_loss = lambda loss: scale(loss) * tf.cast(self._thread.share, loss.dtype)
        try:
            yield
        finally:
            del self._optimizer.scale_loss
