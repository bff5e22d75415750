"""The counterpart of `families.arrays` for Keras."""

from typing import Any

import keras
import numpy

# If the backend has cheap double precision, the rate is computed in it and rounded once, at the end. JAX disables it by
# default, and Apple's GPUs lack it; there, integer positions provide the accuracy.
_DOUBLE = keras.backend.backend() in ("tensorflow", "numpy")
WORKING_DTYPE = "float64" if _DOUBLE else "float32"
STEP_DTYPE = "int64" if _DOUBLE else "int32"


class KerasOps:
    """`keras.ops`, and the cast to the working precision."""

    def real(self, positions: Any) -> Any:
        """Casts positions (steps, cycles) to the working precision."""
        return keras.ops.cast(positions, WORKING_DTYPE)

    def __getattr__(self, name: str) -> Any:
        return getattr(keras.ops, name)


KERAS = KerasOps()


def keras_position(step: Any) -> Any:
    """A step, or a tensor of steps, as integers if its type is an integer, else as floats; at least 0."""
    if isinstance(step, int | float | numpy.generic | numpy.ndarray | list | tuple):
        step = numpy.asarray(step)
        # Otherwise, Keras would convert a Python float to float32, which is inexact above 2**24.
        dtype = STEP_DTYPE if step.dtype.kind in "iub" else WORKING_DTYPE
        step = keras.ops.convert_to_tensor(step.astype(dtype))
    else:
        step = keras.ops.convert_to_tensor(step)
        whole = "int" in keras.backend.standardize_dtype(step.dtype)
        step = keras.ops.cast(step, STEP_DTYPE if whole else WORKING_DTYPE)
    return keras.ops.maximum(step, 0)
