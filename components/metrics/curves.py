"""Areas under curves, from the weights of positive and other rows by rank of their score."""

from collections.abc import Callable

import numpy as np

from components.metrics.rows import Rows
from components.metrics.sums import Sums


def roc_auc(rows: Rows, sums: Sums) -> np.ndarray:
    """Probability that a positive row scores higher than another one; equal scores count half.

    With more than two classes, the mean over the classes of each against the rest, as in scikit-learn's
    `roc_auc_score(multi_class="ovr", average="macro")`. Classes that do not occur are left out. With several labels per
    row, the mean over the labels that some rows have and others do not.
    Source: Hanley and McNeil, "The meaning and use of the area under a ROC curve", 1982.
    """
    return _macro(_roc, rows, sums)


def pr_auc(rows: Rows, sums: Sums) -> np.ndarray:
    """Average precision: the mean of the precision at the score of each positive row.

    With more than two classes, the mean over the classes that occur of each against the rest. There is no
    interpolation, as in scikit-learn's `average_precision_score`.
    Source: Davis and Goadrich, "The relationship between precision-recall and ROC curves", 2006.
    """
    return _macro(_average_precision, rows, sums)


def _macro(area: Callable[[np.ndarray, np.ndarray], np.ndarray], rows: Rows, sums: Sums) -> np.ndarray:
    """The area of the positive class of two, or the mean of the areas that are defined."""
    is_binary = rows.classes == 2 and not rows.is_multilabel
    areas = []
    for place in [rows.positive_class] if is_binary else range(rows.classes):
        positive = rows.labels[:, place] == 1 if rows.is_multilabel else rows.labels == place
        ranks, count = sums.levels(rows.predictions[:, place], positive)
        by_rank = sums.table(2 * ranks + positive, 2 * count)
        by_rank = by_rank.reshape(*by_rank.shape[:-1], count, 2)
        areas.append(area(by_rank[..., 0], by_rank[..., 1]))
    defined = ~np.isnan(areas)
    return np.where(defined, areas, 0.0).sum(axis=0) / defined.sum(axis=0)


def _roc(others: np.ndarray, positives: np.ndarray) -> np.ndarray:
    lower = np.cumsum(others, axis=-1) - others / 2
    pairs = positives.sum(axis=-1) * others.sum(axis=-1)
    return (positives * lower).sum(axis=-1) / np.where(pairs > 0, pairs, np.nan)


def _average_precision(others: np.ndarray, positives: np.ndarray) -> np.ndarray:
    right = np.cumsum(positives[..., ::-1], axis=-1)
    answered = right + np.cumsum(others[..., ::-1], axis=-1)
    precision = right / np.where(answered > 0, answered, 1)
    total = right[..., -1]
    return (precision * positives[..., ::-1]).sum(axis=-1) / np.where(total > 0, total, np.nan)
