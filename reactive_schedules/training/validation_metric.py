"""Metrics of the whole validation split, which no average over batches gives."""

from collections.abc import Callable
from typing import Any

ValidationMetric = Callable[[Any, Any, Any], float]
"""A function of labels, predictions and weights: numpy arrays, or nests of them, with one row per example.

Labels and weights are those of the validation examples; weights are None if there are none. Predictions are the outputs
of the model.
"""


def measured(name: str, metric: ValidationMetric, labels: Any, predictions: Any, weights: Any) -> float:
    """The value of a metric.

    Raises:
        ValueError: The metric does not return a number.
    """
    value = metric(labels, predictions, weights)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"validation_metrics: {name!r} must return a number, got {value!r}") from None
