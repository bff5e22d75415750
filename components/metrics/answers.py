"""Metrics of answered classes, as functions of how many rows of each class there are, are answered, and are right."""

from collections.abc import Callable

import numpy as np

from components.metrics.rows import Rows
from components.metrics.sums import Sums


def margins(rows: Rows, sums: Sums) -> np.ndarray:
    """The weights of right answers, of labels and of answers by class, of shape (…, 3, classes)."""
    classes = rows.classes
    right = np.where(rows.answers == rows.labels, rows.labels, classes)
    return np.stack(
        [
            sums.table(right, classes + 1)[..., :classes],
            sums.table(rows.labels, classes),
            sums.table(rows.answers, classes),
        ],
        axis=-2,
    )


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """A share; 0 of nothing."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), 0.0)


def _mean_over(chosen: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.where(chosen, values, 0.0).sum(axis=-1) / chosen.sum(axis=-1)


def accuracy(found: np.ndarray, positive: int) -> np.ndarray:
    """Share of the rows whose answer is right."""
    return found[..., 0, :].sum(axis=-1) / found[..., 1, :].sum(axis=-1)


def balanced_accuracy(found: np.ndarray, positive: int) -> np.ndarray:
    """Mean of the recall of the classes that occur among the labels.

    Source: Brodersen et al., "The balanced accuracy and its posterior distribution", 2010.
    """
    right, true, _ = np.moveaxis(found, -2, 0)
    return _mean_over(true > 0, _ratio(right, true))


def precision(found: np.ndarray, positive: int) -> np.ndarray:
    """Share of the positive answers that are right; 0 if there are none."""
    return _ratio(found[..., 0, positive], found[..., 2, positive])


def recall(found: np.ndarray, positive: int) -> np.ndarray:
    """Share of the positive rows that are answered so; 0 if there are none."""
    return _ratio(found[..., 0, positive], found[..., 1, positive])


def f1(found: np.ndarray, positive: int) -> np.ndarray:
    """Harmonic mean of precision and recall of the positive class; 0 if it neither occurs nor is answered.

    Source: van Rijsbergen, "Information retrieval", 1979.
    """
    return _f1_by_class(found)[..., positive]


def macro_f1(found: np.ndarray, positive: int) -> np.ndarray:
    """Mean of F1 of the classes that occur among the labels or the answers."""
    _, true, answered = np.moveaxis(found, -2, 0)
    return _mean_over((true > 0) | (answered > 0), _f1_by_class(found))


def _f1_by_class(found: np.ndarray) -> np.ndarray:
    right, true, answered = np.moveaxis(found, -2, 0)
    return _ratio(2 * right, true + answered)


def mcc(found: np.ndarray, positive: int) -> np.ndarray:
    """Matthews' correlation of labels and answers, for any number of classes; 0 if either is one class.

    Source: Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004.
    """
    shares = found / found[..., 1, :].sum(axis=-1)[..., None, None]
    right, true, answered = np.moveaxis(shares, -2, 0)
    covariance = right.sum(axis=-1) - (true * answered).sum(axis=-1)
    spreads = [np.maximum((side * (1 - side)).sum(axis=-1), 0) for side in (true, answered)]
    return np.clip(_ratio(covariance, np.sqrt(spreads[0] * spreads[1])), -1, 1)


FORMULAS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
    "macro_f1": macro_f1,
    "precision": precision,
    "recall": recall,
    "mcc": mcc,
}
"""Functions of what `margins` returns, and the index of the positive class."""
