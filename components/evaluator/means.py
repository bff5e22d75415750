"""Metrics that are means over examples, computed for whole columns of examples.

The mean of the exact sum does not depend on the order of the examples, nor on how they are spread over shards.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

_LEAST = np.float32(1e-7)
"""Probability that Keras and TFMA take for 0."""

UNKNOWN = -1
"""Label of an example whose class the model does not know: it is wrong there, and gives that class no probability."""


def _right(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return (probabilities.argmax(axis=1) == labels).astype(np.float64)


def _surprise(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    bounded = np.clip(probabilities, _LEAST, 1 - _LEAST).astype(np.float64)
    given = bounded[np.arange(len(labels)), labels.astype(np.int64)]
    return np.log(bounded.sum(axis=1)) - np.log(np.where(labels == UNKNOWN, np.float64(_LEAST), given))


def _error(labels: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return numbers.reshape(labels.shape).astype(np.float64) - labels.astype(np.float64)


@dataclasses.dataclass(frozen=True)
class RowMetric:
    """A metric that is a function of a mean.

    Attributes:
        of_rows: Function of labels of shape (rows,) and predictions, which are numbers of shape (rows,) or
            probabilities of shape (rows, classes), that returns a float64 for each row.
        of_mean: Function of their mean that returns the metric.
    """

    of_rows: Callable[[np.ndarray, np.ndarray], np.ndarray]
    of_mean: Callable[[float], float] = float

    def __call__(self, values: np.ndarray) -> float:
        """The metric of some rows, from what `of_rows` returned for them."""
        return self.of_mean(math.fsum(values.tolist()) / len(values))


METRICS = {
    "SparseCategoricalAccuracy": RowMetric(_right),
    "SparseCategoricalCrossentropy": RowMetric(_surprise),
    "RootMeanSquaredError": RowMetric(lambda *rows: _error(*rows) ** 2, math.sqrt),
    "MeanAbsoluteError": RowMetric(lambda *rows: np.abs(_error(*rows))),
}
"""By TFMA's name of the class."""
