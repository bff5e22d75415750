"""One interface to numpy and Keras, so that each formula is written once.

A formula receives `step` (integers if the caller has integers) and `ops`, which has the functions of `keras.ops` and
`real`, the cast to the working precision. Formulas take differences, quotients and remainders of steps before that
cast, because a float32 cannot tell step 16,777,217 from 16,777,216.
"""

from typing import Any

import numpy


class NumpyOps:
    """numpy under the names of `keras.ops`.

    Args:
        dtype: Working precision.
    """

    def __init__(self, dtype: str = "float64") -> None:
        self.dtype = dtype

    def real(self, positions: Any) -> numpy.ndarray:
        """Casts positions (steps, cycles) to the working precision."""
        return numpy.asarray(positions, dtype=self.dtype)

    def __getattr__(self, name: str) -> Any:
        return getattr(numpy, name)


NUMPY = NumpyOps()


def numpy_position(step: Any) -> numpy.ndarray:
    """A step, or an array of steps, as int64 if its type is an integer, else as float64; at least 0."""
    step = numpy.asarray(step)
    return numpy.maximum(step.astype("int64" if step.dtype.kind in "iub" else "float64", copy=False), 0)
