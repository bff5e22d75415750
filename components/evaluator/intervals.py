"""Intervals around the scores of a model: how far off a score of these rows may be for all rows to come."""

import numpy as np
from scipy import special

from components.evaluator.resampling import Resamples
from components.metrics import Metric
from components.metrics.rows import Rows

COVERAGE = 0.95
"""Share of data sets whose interval holds the true score."""

Interval = tuple[float, float]


def interval(
    metric: Metric, rows: Rows, value: float, resamples: Resamples, plain: bool, coverage: float = COVERAGE
) -> Interval | None:
    """The interval around a score; None if the rows do not tell, as when every resample has the same score.

    A share of equal and independent rows (accuracies, recall and precision without weights or groups) gets the exact
    interval of Clopper and Pearson ("The use of confidence or fiducial limits", 1934), which holds the true share in at
    least 95 % of all cases, also where the share is 1. Balanced accuracy, a mean of such shares, combines their
    intervals. Everything else gets the percentiles of its resamples.

    Args:
        metric: The metric.
        rows: The rows, with the predictions of the model.
        value: The score.
        resamples: Resamples of the rows.
        plain: Whether the rows have neither weights nor groups.
        coverage: Share of cases in which the interval holds the true score.
    """
    if not np.isfinite(value):
        return None
    if plain and metric.name in ("accuracy", "subset_accuracy", "recall", "precision"):
        return _exact(metric.name, rows, coverage)
    if plain and metric.name == "balanced_accuracy":
        return _of_mean(rows, value, coverage)
    low, high = percentiles(resamples.replicates(metric, rows, value), resamples.cells, coverage)
    if not low < high:
        return None
    if metric.tasks and "regression" not in metric.tasks and metric.larger_is_better:
        high = min(high, 1.0)
    return low, high


def _exact(name: str, rows: Rows, coverage: float) -> Interval | None:
    place = rows.positive_class
    chosen = {"recall": rows.labels == place, "precision": rows.answers == place}
    right = rows.right[chosen[name]] if name in chosen else rows.right
    return share(int(right.sum()), len(right), coverage)


def _of_mean(rows: Rows, value: float, coverage: float) -> Interval:
    """Combines Wilson's intervals of the recall of each class.

    Source: Donner and Zou, "Closed-form confidence intervals for functions of the normal mean and standard deviation",
    2012 (MOVER); resamples of a class with few rows that are all right would have no spread.
    """
    true = np.bincount(rows.labels, minlength=rows.classes)
    right = np.bincount(rows.labels[rows.answers == rows.labels], minlength=rows.classes)
    right, true = right[true > 0], true[true > 0]
    recall, square = right / true, special.ndtri((1 + coverage) / 2) ** 2
    middle = (right + square / 2) / (true + square)
    half = np.sqrt(square * (recall * (1 - recall) * true + square / 4)) / (true + square)
    below = np.sqrt((np.maximum(recall - middle + half, 0) ** 2).sum()) / len(true)
    above = np.sqrt((np.maximum(middle + half - recall, 0) ** 2).sum()) / len(true)
    return float(value - below), float(value + above)


def share(right: int, rows: int, coverage: float = COVERAGE) -> Interval | None:
    """The interval of Clopper and Pearson around `right` / `rows`; None without rows."""
    if not rows:
        return None
    tail = (1 - coverage) / 2
    low = special.betaincinv(right, rows - right + 1, tail) if right else 0.0
    high = special.betaincinv(right + 1, rows - right, 1 - tail) if right < rows else 1.0
    return float(low), float(high)


def percentiles(replicates: np.ndarray, units: int, coverage: float = COVERAGE) -> Interval:
    """The percentiles of resamples that hold a score with the given probability; NaN if too few have one.

    They lie further out than (1 - coverage) / 2, by what the plain percentiles are too narrow for few units, as
    Student's t is wider than the normal distribution (the expanded percentiles of Hesterberg, "What teachers should
    know about the bootstrap", 2015).

    Args:
        replicates: Scores of resamples.
        units: Number of units that were drawn.
        coverage: Probability.
    """
    found = replicates[np.isfinite(replicates)]
    if units < 2 or len(found) < len(replicates) / 2:
        return float("nan"), float("nan")
    quantile = special.stdtrit(units - 1, (1 - coverage) / 2) * np.sqrt(units / (units - 1))
    tail = float(special.ndtr(quantile))
    low, high = np.quantile(found, [tail, 1 - tail])
    return float(low), float(high)
