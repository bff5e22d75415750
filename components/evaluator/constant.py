"""The score of the best model that ignores its inputs; a useful model must beat it."""

import numpy as np

from components.metrics import Metric

_SETS = 50
"""Numbers of labels that a constant answer is tried with, at most."""


def best_constant(
    metric: Metric,
    labels: np.ndarray,
    weights: np.ndarray | None = None,
    classes: int = 0,
    positive: int | None = None,
) -> float:
    """Returns the score of the best constant prediction for these labels.

    It is the best of these: the share of each class or one class for all rows; the mean, the median, or the quantile
    that the metric is for. (Where each has a loss of its own, one of them is the best of all constants.) For several
    labels per row: the share of each label; none, or the most frequent ones up to all; and the most frequent
    combination.

    Args:
        metric: The metric.
        labels: Class indices or numbers, of shape (rows,); or 0 and 1 for each of several labels, of shape (rows,
            classes).
        weights: Weight of each row, of shape (rows,); None weighs all the same.
        classes: Number of classes; 0 for numbers.
        positive: Index of the positive class of a binary label.

    Returns:
        The score; NaN where the metric is not defined.
    """
    if not classes:
        constants = _numbers(metric, labels.astype(np.float64), weights)
        scores = [metric.score(labels, np.full(len(labels), constant), weights) for constant in constants]
    elif labels.ndim == 2:
        scores = _scores_of_sets(metric, labels, weights)
    else:
        shares = np.bincount(labels, weights, minlength=classes)
        constants = [shares / shares.sum(), *np.eye(classes)]
        if metric.function is not None:
            shown = [np.tile(constant.astype(np.float32), (len(labels), 1)) for constant in constants[:1]]
            shown.append(np.tile(np.eye(classes, dtype=np.float32)[shares.argmax()], (len(labels), 1)))
            scores = [metric.score(labels, each, weights, positive) for each in shown]
        else:
            # All rows of a class are alike, so a row for each class, with the weight of all of them, is the same.
            every = np.arange(classes)
            scores = [
                metric.score(every, np.tile(constant, (classes, 1)), shares, positive)
                for constant in constants
            ]
    scores = [score for score in scores if np.isfinite(score)]
    return float((max if metric.larger_is_better else min)(scores, default=float("nan")))


def _scores_of_sets(metric: Metric, labels: np.ndarray, weights: np.ndarray | None) -> list[float]:
    """The scores of constants where any number of labels applies to a row."""
    shares = np.average(labels, axis=0, weights=weights)
    order = np.argsort(-shares, kind="stable")
    sizes = np.unique(np.linspace(0, len(shares), _SETS).round().astype(int))
    sets = [np.isin(np.arange(len(shares)), order[:size]).astype(np.float32) for size in sizes]
    if metric.function is not None:
        constants = [shares.astype(np.float32), sets[0], sets[-1]]
        return [metric.score(labels, np.tile(each, (len(labels), 1)), weights) for each in constants]
    # All rows with the same labels are alike.
    different, places = np.unique(labels, axis=0, return_inverse=True)
    weights = np.bincount(places.reshape(-1), weights).astype(np.float64)
    constants = [shares, *sets, different[weights.argmax()]]
    return [metric.score(different, np.tile(each, (len(different), 1)), weights) for each in constants]


def _numbers(metric: Metric, labels: np.ndarray, weights: np.ndarray | None) -> list[float]:
    weights = np.ones(len(labels)) if weights is None else weights
    constants = [float(np.average(labels, weights=weights)), _quantile(labels, weights, 0.5)]
    if metric.parameter is not None:
        constants.append(_quantile(labels, weights, metric.parameter))
    if metric.name == "mape" and labels.all():
        constants.append(_quantile(labels, weights / np.abs(labels), 0.5))
    return constants


def _quantile(labels: np.ndarray, weights: np.ndarray, quantile: float) -> float:
    """The least label that at least this share of the weight is not above."""
    order = np.argsort(labels, kind="stable")
    reached = np.cumsum(weights[order])
    return float(labels[order[np.searchsorted(reached, quantile * reached[-1])]])
