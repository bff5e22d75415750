"""Imports of Keras and TensorFlow in less time, for processes of this project.

Both also import packages that few programs need, if these are installed, which takes a quarter to two fifths of the
time. A process of the user's imports them as Python does.
"""

import os
import sys
from importlib import import_module

_BY_KERAS = ("IPython", "matplotlib", "sklearn")
"""For notebooks, pictures and wrappers."""

BY_TENSORFLOW = ("jax",)
"""For conversions to TensorFlow Lite."""


def import_keras() -> None:
    """Imports Keras with its backend, unless it is there already, without its parts for notebooks and scikit-learn.

    What it does without can still be imported by others later.
    """
    is_tensorflow = os.environ.get("KERAS_BACKEND") == "tensorflow"  # else it may be JAX that is wanted
    import_without("keras", *_BY_KERAS, *(BY_TENSORFLOW if is_tensorflow else ()))


def import_tensorflow() -> None:
    """Imports TensorFlow, with Keras, unless it is there already; see `import_keras`."""
    import_without("tensorflow", *_BY_KERAS, *BY_TENSORFLOW)


def import_without(module: str, *unwanted: str) -> None:
    """Imports a module that goes on if it cannot import others, without those others.

    Args:
        module: Dotted name of the module.
        unwanted: Dotted names of the others; those that are imported already stay so.
    """
    held = [name for name in unwanted if name not in sys.modules]
    for name in held:
        sys.modules[name] = None  # pyright: ignore[reportArgumentType] - makes Python raise ImportError
    try:
        import_module(module)
    finally:
        for name in held:
            del sys.modules[name]
