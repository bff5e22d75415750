"""The hooks of a `keras_tuner.Tuner` during a training, as Keras callbacks."""

from typing import Any

import keras
import keras_tuner
from keras_tuner.engine.trial import Trial


def hooks(tuner: keras_tuner.Tuner, trial: Trial) -> list[keras.callbacks.Callback]:
    """Callbacks for the hooks that the tuner's class defines; none of batches unless it has one."""
    kinds = {
        "on_epoch_begin": _Epochs,
        "on_epoch_end": _Epochs,
        "on_batch_begin": _Batches,
        "on_batch_end": _Batches,
    }
    used = {
        kind
        for hook, kind in kinds.items()
        if getattr(type(tuner), hook) is not getattr(keras_tuner.Tuner, hook)
    }
    return [kind(tuner, trial) for kind in sorted(used, key=str)]


class _Hooks(keras.callbacks.Callback):
    def __init__(self, tuner: keras_tuner.Tuner, trial: Trial) -> None:
        super().__init__()
        self._tuner, self._trial = tuner, trial


class _Epochs(_Hooks):
    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._tuner.on_epoch_begin(self._trial, self.model, epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._tuner.on_epoch_end(self._trial, self.model, epoch, logs=logs)


class _Batches(_Hooks):
    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._tuner.on_batch_begin(self._trial, self.model, batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._tuner.on_batch_end(self._trial, self.model, batch, logs)
