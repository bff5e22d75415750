"""One namespace for numpy and Keras, so that every formula is written once.

A formula receives `step` (integers where the caller has integers) and `ops`, which offers the functions of
`keras.ops` and `real`, the cast from positions to the working precision. Differences, quotients and
remainders of steps are taken before that cast: a float32 cannot tell step 16,777,217 from 16,777,216.
"""

from typing import Any

import numpy


class NumpyOps:
    """numpy under the names of `keras.ops`. `dtype` is the working precision."""

    def __init__(self, dtype: str = "float64") -> None:
        self.dtype = dtype

    def real(self, positions: Any) -> numpy.ndarray:
        """Positions (steps, cycles) as floats of the working precision."""
        return numpy.asarray(positions, dtype=self.dtype)

    def __getattr__(self, name: str) -> Any:
        return getattr(numpy, name)


NUMPY = NumpyOps()


def numpy_position(step: Any) -> numpy.ndarray:
    """A step, or an array of steps, as int64 where it is whole by type, else as float64; never below 0."""
    step = numpy.asarray(step)
    return numpy.maximum(step.astype("int64" if step.dtype.kind in "iub" else "float64", copy=False), 0)
