"""A check of the Keras backend, made before TensorFlow is imported."""

from importlib.util import find_spec

import keras

from reactive_schedules.errors import SpecError


def require_tensorflow(name: str, instead: str) -> None:
    """Checks that Keras runs on TensorFlow, the only backend with a training loop here.

    Args:
        name: Name of the function that needs TensorFlow.
        instead: Alternative that works on every backend, as an imperative.

    Raises:
        SpecError: Keras runs on another backend.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return
    remedy = "set KERAS_BACKEND=tensorflow before Keras is imported"
    if find_spec("tensorflow") is None:
        remedy = f"run pip install 'reactive-schedules[tensorflow]' and {remedy}"
    raise SpecError(f"{name}: needs the tensorflow backend of Keras, got {backend!r}; {remedy}, or {instead}")
