"""Seconds of the epochs of a training by Keras."""

import time

import keras
import numpy as np


class EpochClock(keras.callbacks.Callback):
    """When each epoch began, and when the last one ended."""

    def __init__(self):
        super().__init__()
        self._begun = []

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        self._begun.append(time.perf_counter())

    def on_train_end(self, logs=None):
        """Called by Keras."""
        self._begun.append(time.perf_counter())

    def seconds(self) -> list[float]:
        """Of each epoch after the first, which compiles."""
        return np.diff(self._begun)[1:].tolist()
