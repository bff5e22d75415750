"""Standardised numbers, with mean and variance from exact sums."""

import math
from collections.abc import Iterable

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from components.transform.analyzers.exact import Sums


def scale_to_z_score(x: tf.Tensor, elementwise: bool = False) -> tf.Tensor:
    """Returns `x` with mean 0 and standard deviation 1; like `tft.scale_to_z_score`, but independent of batches.

    What is not finite counts as missing. Where all values of the analysis are equal, or there are none, every finite
    value becomes 0, also one that appears later: a training has learned nothing about it.

    Args:
        x: Numbers of shape (batch, …).
        elementwise: Whether each column of `x`, then of the static shape (batch, columns), is scaled by itself.

    Returns:
        Numbers of the shape of `x`, in its type or, for integers, in float32.
    """
    mean, variance = mean_and_variance(x, elementwise)
    dtype = x.dtype if x.dtype.is_floating else tf.float32
    mean, deviation = tf.cast(mean, dtype), tf.cast(tf.sqrt(variance), dtype)
    return (tf.cast(x, dtype) - mean) / tf.where(deviation > 0, deviation, tf.constant(math.inf, dtype))


def mean_and_variance(x: tf.Tensor, elementwise: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns mean and variance over all rows as float64, correctly rounded from exact sums.

    What is not finite counts as missing; without values, both are 0.

    Args:
        x: Numbers of shape (batch, …).
        elementwise: Whether each column of `x`, then of the static shape (batch, columns), is taken by itself.

    Returns:
        Two tensors of shape (columns,), or () over all elements.
    """
    columns = int(x.shape[1]) if elementwise else 1
    # One output, because TensorFlow Transform looks for the inputs of each, slowly if there are many.
    (moments,) = tft.experimental.ptransform_analyzer(
        [x], _Moments(columns, elementwise), [tf.float64], [[2, columns]], name="moments"
    )
    mean, variance = tf.unstack(moments if elementwise else moments[:, 0])
    return mean, variance


class _Moments(beam.PTransform):
    """Batches, each a tuple of one array, to an array of the means and the variances of columns."""

    def __init__(self, columns: int, elementwise: bool) -> None:
        super().__init__()
        self._columns, self._elementwise = columns, elementwise

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        return batches | beam.CombineGlobally(_Sum(self._columns, self._elementwise))


class _Sum(beam.CombineFn):
    def __init__(self, columns: int, elementwise: bool) -> None:
        self._columns, self._elementwise = columns, elementwise

    def create_accumulator(self) -> Sums:
        return Sums.zero(self._columns)

    def add_input(self, mutable_accumulator: Sums, element: tuple[np.ndarray]) -> Sums:
        (values,) = element
        if self._elementwise:
            return mutable_accumulator + Sums.of(values.astype(np.float64))
        return mutable_accumulator + Sums.over(values.ravel())

    def merge_accumulators(self, accumulators: Iterable[Sums]) -> Sums:
        return sum(accumulators, Sums.zero(self._columns))

    def extract_output(self, accumulator: Sums) -> np.ndarray:
        return np.stack([accumulator.means(), accumulator.variances()])
