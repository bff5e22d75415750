"""Metrics of several labels per row: of the answers to each label, of whole rows, and of probabilities."""

from collections.abc import Callable

import numpy as np

from components.metrics import answers, curves
from components.metrics.rows import LEAST, Rows
from components.metrics.sums import Sums


def margins(rows: Rows, sums: Sums) -> np.ndarray:
    """The weights of the rows that have and are answered a label, have it, and are answered it.

    Returns:
        An array of shape (…, 3, classes), as `answers.margins`.
    """
    codes = rows.labels.astype(np.int64) + 2 * rows.answers
    found = []
    for code in codes.T:
        _, missed, wrong, right = np.moveaxis(sums.table(code, 4), -1, 0)
        found.append(np.stack([right, right + missed, right + wrong], axis=-1))
    return np.stack(found, axis=-1)


def macro_f1(found: np.ndarray) -> np.ndarray:
    """Mean of F1 of the labels that occur or are answered, as scikit-learn's with `zero_division=nan`."""
    return answers.macro_f1(found, 0)


def micro_f1(found: np.ndarray) -> np.ndarray:
    """F1 of all answers to all labels together: frequent labels count more; 0 if no label occurs or is answered."""
    right, true, answered = np.moveaxis(found.sum(axis=-1), -1, 0)
    return np.where(true + answered > 0, 2 * right / np.where(true + answered > 0, true + answered, 1), 0.0)


OF_MARGINS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"macro_f1": macro_f1, "micro_f1": micro_f1}
"""Functions of what `margins` returns."""


def _mean(values: np.ndarray, sums: Sums) -> np.ndarray:
    return sums.values(values) / sums.total


def _subset_accuracy(rows: Rows, sums: Sums) -> np.ndarray:
    """Share of the rows that are right in every label, which scikit-learn's `accuracy_score` measures."""
    return _mean(rows.right.astype(np.float64), sums)


def _hamming_loss(rows: Rows, sums: Sums) -> np.ndarray:
    """Share of wrong answers, over all rows and labels."""
    return _mean((rows.answers != rows.labels).mean(axis=1), sums)


def _cross_entropy(rows: Rows, sums: Sums) -> np.ndarray:
    """Mean of the binary cross-entropy over labels and rows, in nats, clipped as Keras' BinaryCrossentropy."""
    bounded = np.clip(rows.predictions, LEAST, 1 - LEAST).astype(np.float64)
    return _mean(-np.log(np.where(rows.labels == 1, bounded, 1 - bounded)).mean(axis=1), sums)


def _brier(rows: Rows, sums: Sums) -> np.ndarray:
    """Mean squared error of the probabilities, over labels and rows."""
    return _mean(((rows.predictions.astype(np.float64) - rows.labels) ** 2).mean(axis=1), sums)


FORMULAS: dict[str, Callable[[Rows, Sums], np.ndarray]] = {
    "macro_f1": lambda rows, sums: macro_f1(margins(rows, sums)),
    "micro_f1": lambda rows, sums: micro_f1(margins(rows, sums)),
    "subset_accuracy": _subset_accuracy,
    "hamming_loss": _hamming_loss,
    "roc_auc": curves.roc_auc,
    "pr_auc": curves.pr_auc,
    "cross_entropy": _cross_entropy,
    "brier": _brier,
}
"""Functions of labels, predictions and sums over rows. The areas are means over the labels that some rows have."""
