"""TensorFlow without Keras."""

from reactive_schedules import lean

_KERAS = ("keras.src.optimizers", "tf_keras.src.optimizers")
"""What TensorFlow imports at once, in case a SavedModel has an optimizer."""


def import_tensorflow() -> None:
    """Imports TensorFlow in half of the time: without Keras, unless it is there already.

    Keras can still be imported later.
    """
    lean.import_without("tensorflow", *_KERAS, *lean.BY_TENSORFLOW)
