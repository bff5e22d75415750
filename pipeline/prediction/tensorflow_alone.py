"""TensorFlow without Keras."""

import sys
from importlib import import_module

_KERAS = ("keras.src.optimizers", "tf_keras.src.optimizers")
"""What TensorFlow imports at once, in case a SavedModel has an optimizer; it goes on if it cannot."""


def import_tensorflow() -> None:
    """Imports TensorFlow in half of the time: without Keras, unless it is there already.

    Keras can still be imported later.
    """
    held = [name for name in _KERAS if name not in sys.modules]
    for name in held:
        sys.modules[name] = None  # pyright: ignore[reportArgumentType] - makes Python raise ImportError
    try:
        import_module("tensorflow")
    finally:
        for name in held:
            del sys.modules[name]
