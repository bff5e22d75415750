"""Histograms from quantiles, as TensorFlow Data Validation makes them, on arrays."""

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2


def equal_width(
    quantiles: np.ndarray, cumulative: np.ndarray, low: float, high: float, buckets: int
) -> statistics_pb2.Histogram:
    """Returns a histogram with buckets of equal width.

    TFDV's `quantiles_util.generate_equi_width_histogram` compares each bucket with each pair of neighbouring
    quantiles in Python, which takes as long as everything else about a column of numbers.

    Args:
        quantiles: Values in ascending order, shape `(n + 1,)`, finite.
        cumulative: Number of values up to each quantile, same shape.
        low: Smallest value.
        high: Largest value.
        buckets: Number of buckets; there is only one if all values are equal.
    """
    weights = _weights(quantiles, cumulative)
    bounds = np.linspace(low, high, buckets + 1) if low < high else np.array([low, high])
    result = statistics_pb2.Histogram(type=statistics_pb2.Histogram.STANDARD)
    if not np.isfinite(bounds).all():
        return result  # the range is too large for its type
    below = _below(bounds, quantiles, weights)
    below[0] = 0  # the first bucket includes its lower bound
    for start, end, count in zip(bounds[:-1], bounds[1:], np.diff(below), strict=True):
        result.buckets.add(low_value=start, high_value=end, sample_count=count)
    return result


def _weights(quantiles: np.ndarray, cumulative: np.ndarray) -> np.ndarray:
    """Number of values between neighbouring quantiles; neighbours that end at the same value share evenly."""
    counts = np.diff(cumulative.astype(np.float64))
    ends, group, size = np.unique(quantiles[1:], return_inverse=True, return_counts=True)
    weights = (np.bincount(group, counts, len(ends)) / size)[group]
    first = (quantiles[:-1] == quantiles[0]) & (quantiles[1:] == quantiles[1])
    weights[first] += cumulative[0] / np.count_nonzero(first)
    return weights


def _below(bounds: np.ndarray, quantiles: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Number of values up to each bound, if they are spread evenly between neighbouring quantiles."""
    starts, ends = quantiles[:-1].astype(np.float64), quantiles[1:].astype(np.float64)
    index = np.searchsorted(ends, bounds, side="right")
    total = np.concatenate([[0.0], np.cumsum(weights)])[index]
    inside = index < len(ends)
    at = index[inside]
    total[inside] += weights[at] * np.clip((bounds[inside] - starts[at]) / (ends[at] - starts[at]), 0, 1)
    return total
