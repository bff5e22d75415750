"""The temperature of a classifier: one number that makes its probabilities as confident as they should be.

Source: Guo et al., "On calibration of modern neural networks", arXiv 1706.04599.
"""

from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax

from components.metrics import find
from components.metrics.sums import Exact

MOST = 100.0
"""The largest temperature, and the inverse of the smallest one."""

LEAST = float(np.finfo(np.float32).tiny)
"""Probability that 0 is taken for, because the logarithm of 0 is not finite."""

_AS_STATED, _TIED = 10, 1
"""Rows that are added: with labels as probable as the model says, and with one of its two first choices."""

_PRECISION, _BLOCK = 1e-7, 2**20


def temperature(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Returns the temperature T with the least cross-entropy of softmax(log(probabilities) / T).

    It is found in float64 and does not depend on the order of the rows. Because few rows say little, 10 are added whose
    labels are as probable as the model says, which draw T to 1, and one whose label is the first or the second choice
    of the model alike, so that rows that are all right do not make it sure of everything (for two classes, Laplace's
    rule of succession). With weights, the rows count as many as equal ones that tell as much.

    Args:
        labels: Class indices, of shape (rows,).
        probabilities: Probabilities, of shape (rows, classes); logarithms of them are logits.
        weights: Weight of each row, of shape (rows,); None weighs all the same.

    Returns:
        The temperature, between 1 / `MOST` and `MOST`. It is 1 if the rows do not tell: with one class among the
        labels, the same probability of all classes, or predictions that are not finite.
    """
    counted = np.ones(len(labels), bool) if weights is None else np.asarray(weights) > 0
    if len(np.unique(labels[counted])) < 2 or not np.isfinite(probabilities).all():
        return 1.0
    logits = _logits(probabilities[counted])
    logits -= logits.max(axis=1, keepdims=True)
    if not logits.any():
        return 1.0
    labels, weights = labels[counted], None if weights is None else weights[counted]
    sums = Exact(weights, len(labels))
    rows = _effective(weights, len(labels))
    given = logits[np.arange(len(labels)), labels]
    stated = _expected(logits, 1.0)
    tied = np.partition(logits, -2, axis=1)[:, -2] / 2  # the first choice has 0
    aim = (rows * given + _AS_STATED * stated + _TIED * tied) / (rows + _AS_STATED + _TIED)

    def slope(exponent: float) -> float:
        """The derivative of the cross-entropy by 1 / T, which rises with it."""
        return float(sums.values(_expected(logits, np.exp(exponent)) - aim) / sums.total)

    end = float(np.log(MOST))
    if slope(-end) >= 0:
        return MOST
    if slope(end) <= 0:
        return 1 / MOST
    root: Any = brentq(slope, -end, end, xtol=_PRECISION)
    return float(np.exp(-root))


def calibrated(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Returns softmax(log(probabilities) / temperature), float64; a temperature of 1 / T undoes one of T."""
    return softmax(_logits(probabilities) / temperature, axis=1)


def refined_loss(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Returns the cross-entropy after the best temperature: what is left when the probabilities are calibrated.

    Source: Berta et al., "Rethinking early stopping: refine, then calibrate", arXiv 2501.19195.

    Args:
        labels, probabilities, weights: As for `temperature`.
    """
    if not np.isfinite(probabilities).all():
        return float("nan")
    found = calibrated(probabilities, temperature(labels, probabilities, weights))
    return find("cross_entropy").score(labels, found, weights)


def _logits(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities.astype(np.float64), LEAST))


def _expected(logits: np.ndarray, inverse: float) -> np.ndarray:
    """The mean logit of each row under softmax(inverse · logits), a block of rows at a time, which saves memory."""
    blocks = np.array_split(logits, 1 + logits.size // _BLOCK)
    return np.concatenate([(softmax(inverse * block, axis=1) * block).sum(axis=1) for block in blocks])


def _effective(weights: np.ndarray | None, rows: int) -> float:
    """The number of equal rows that tell as much as these (Kish, "Survey sampling", 1965)."""
    if weights is None:
        return rows
    weights = np.sort(np.asarray(weights, np.float64))
    return float(weights.sum() ** 2 / np.square(weights).sum())
