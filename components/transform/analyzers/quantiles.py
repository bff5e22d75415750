"""Quantiles of columns."""

import math
from collections.abc import Iterable, Sequence

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from components.transform.analyzers.histogram import Histogram, Method

_MOST_BINS, _FEWEST_BINS, _ALL_BINS = 2**16, 2**10, 2**20


def quantiles(x: tf.Tensor, probabilities: Sequence[float], method: Method = "linear") -> tf.Tensor:
    """Returns quantiles of each column, independent of the order of rows, batches and processes.

    They are those of `numpy.quantile` for up to 65,536 different values in a column, or 1,048,576 in all columns
    together; beyond that, their error is that of a histogram of as many bins, which lie where the values lie. What is
    not finite counts as missing; without values, quantiles are 0.

    Args:
        x: Numbers of the static shape (batch, columns).
        probabilities: From 0 to 1.
        method: As for `numpy.quantile`: "linear" interpolates between values, "inverted_cdf" does not.

    Returns:
        Numbers of shape (probabilities, columns) in float64.
    """
    columns = int(x.shape[1])
    limit = min(_MOST_BINS, max(_FEWEST_BINS, _ALL_BINS // columns))
    combine = beam.CombineGlobally(_Quantiles(columns, limit, tuple(probabilities), method))
    (result,) = tft.experimental.ptransform_analyzer(
        [x], combine, [tf.float64], [[len(probabilities), columns]], name="quantiles"
    )
    return result


def scale_by_quantiles(x: tf.Tensor, parts: int = 256) -> tf.Tensor:
    """Returns `x` on a scale on which the values lie evenly, however they are distributed.

    The scale is linear between one quantile and the next that differs, and goes from -√3 to √3: a standard deviation of
    1 if no value is frequent. Values beyond those of the analysis get its ends, values that are all equal 0. It is
    scikit-learn's `QuantileTransformer`, but a frequent value takes up one step, however frequent it is, which leaves
    room to tell the others apart. Quantiles are values of the data: interpolated ones would add steps between a few
    frequent values.

    Args:
        x: Numbers of the static shape (batch, columns) in float64.
        parts: Number of parts of the distribution, of equal probability.

    Returns:
        Numbers of the shape and type of `x`; NaN for what is not finite.
    """
    return scale_between(x, quantiles(x, np.linspace(0, 1, parts + 1).tolist(), "inverted_cdf"))


def scale_between(x: tf.Tensor, borders: tf.Tensor) -> tf.Tensor:
    """Scales each column of `x` by borders of shape (borders, columns) that do not fall; see `scale_by_quantiles`."""
    borders, values = tf.transpose(borders), tf.transpose(x)
    values = tf.where(tf.math.is_finite(values), values, math.nan)
    differ = tf.cast(borders[:, 1:] > borders[:, :-1], x.dtype)
    steps = tf.pad(tf.cumsum(differ, axis=1), [[0, 0], [1, 0]])
    below = tf.searchsorted(borders, values, side="right") - 1
    below = tf.clip_by_value(below, 0, tf.shape(differ)[1] - 1)
    low, high, step, differs = (
        tf.gather(table, below, batch_dims=1)
        for table in (borders[:, :-1], borders[:, 1:], steps[:, :-1], differ)
    )
    share = tf.clip_by_value((values - low) / tf.where(differs > 0, high - low, tf.ones_like(low)), 0, 1)
    most = steps[:, -1:]
    place = (step + share * differs) / tf.maximum(most, 1)
    return tf.transpose(tf.where(most > 0, math.sqrt(3) * (2 * place - 1), values * 0))


class _Quantiles(beam.CombineFn):
    """Keeps, for each column, parts of a histogram until they are worth merging."""

    def __init__(self, columns: int, limit: int, probabilities: Sequence[float], method: Method) -> None:
        self._columns, self._limit = columns, limit
        self._probabilities, self._method = probabilities, method

    def create_accumulator(self) -> list[list[Histogram]]:
        return [[] for _ in range(self._columns)]

    def add_input(
        self, mutable_accumulator: list[list[Histogram]], element: tuple[np.ndarray]
    ) -> list[list[Histogram]]:
        (values,) = element
        return [
            self._merged([*parts, Histogram.of(column)], 2 * self._limit)
            for parts, column in zip(mutable_accumulator, values.T.astype(np.float64), strict=True)
        ]

    def merge_accumulators(self, accumulators: Iterable[list[list[Histogram]]]) -> list[list[Histogram]]:
        columns = zip(self.create_accumulator(), *accumulators, strict=True)
        return [
            self._merged([part for parts in column for part in parts], 2 * self._limit) for column in columns
        ]

    def compact(self, accumulator: list[list[Histogram]]) -> list[list[Histogram]]:
        return [self._merged(parts, 0) for parts in accumulator]

    def extract_output(self, accumulator: list[list[Histogram]]) -> np.ndarray:
        whole = [Histogram.merged([*parts, Histogram.of(np.empty(0))], self._limit) for parts in accumulator]
        return np.stack([each.quantiles(self._probabilities, self._method) for each in whole], axis=1)

    def _merged(self, parts: list[Histogram], allowed: int) -> list[Histogram]:
        """The parts, as one if they have more than `allowed` bins."""
        if len(parts) < 2 or sum(len(part.keys) for part in parts) <= allowed:
            return parts
        return [Histogram.merged(parts, self._limit)]
