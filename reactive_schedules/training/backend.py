"""The backend that training needs, asked for before anything of it is imported."""

from importlib.util import find_spec

import keras

from reactive_schedules.errors import SpecError


def require_tensorflow(name: str, instead: str) -> None:
    """Makes sure that Keras runs on TensorFlow, the one backend with a training loop here.

    Args:
        name: the function that needs it.
        instead: what works on every backend.

    Raises:
        SpecError: Keras runs on another backend; says how to change that, and what to do otherwise.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return
    remedy = "set KERAS_BACKEND=tensorflow before Keras is imported"
    if find_spec("tensorflow") is None:
        remedy = f"pip install 'reactive-schedules[tensorflow]' and {remedy}"
    raise SpecError(f"{name}: needs Keras' tensorflow backend, got {backend!r}; {remedy}, or {instead}")
