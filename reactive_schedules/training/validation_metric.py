"""Metrics of the whole validation split, which no average over batches gives."""

from typing import Any, Protocol


class ValidationMetric(Protocol):
    """A function of all validation examples, for `rs.fit(..., validation_metrics={name: function})`.

    Example:
        >>> def largest_error(labels, predictions, weights):
        ...     return abs(labels - predictions).max()
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.01}, "epochs": 2})
        >>> result = rs.fit(model, (x, y), (x, y), spec, validation_metrics={"largest_error": largest_error})
        >>> len(result.history["val_largest_error"])
        2
    """

    def __call__(self, labels: Any, predictions: Any, weights: Any, /) -> float:
        """Returns the metric.

        Args:
            labels: Labels of the validation examples: a numpy array with one row per example, or a nest of them.
            predictions: Outputs of the model, in the same form.
            weights: Weights of the examples; None if there are none.
        """
        ...


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
