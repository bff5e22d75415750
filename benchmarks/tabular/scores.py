"""How good predictions are."""

import dataclasses
import math
import statistics

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score

FLOOR = 1e-7
"""Probabilities are at least this in the log loss: about what a 32-bit float can tell from zero beside one."""
BINS = 15


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What a model says about rows.

    Attributes:
        values: Numbers, shape (rows,), or probabilities, shape (rows, classes).
        classes: Text, shape (classes,), where the values are probabilities.
    """

    values: np.ndarray
    classes: np.ndarray | None = None


def of(prediction: Prediction, labels: ArrayLike) -> dict[str, float]:
    """The scores of a prediction, by name."""
    if prediction.classes is None:
        return regression(prediction.values, labels)
    return classification(prediction.values, prediction.classes, labels)


def regression(predicted: ArrayLike, labels: ArrayLike) -> dict[str, float]:
    """Root mean squared error.

    Args:
        predicted: Numbers, shape (rows,).
        labels: Numbers, shape (rows,); text is read.
    """
    error = np.asarray(predicted, float) - np.asarray(labels, float)
    return {"rmse": float(np.sqrt(np.mean(error**2)))}


def classification(probabilities: ArrayLike, classes: ArrayLike, labels: ArrayLike) -> dict[str, float]:
    """Accuracy, log loss, AUC and expected calibration error.

    AUC is of each class against the rest, averaged over the classes that the labels have. The calibration error is
    of the most probable class, in bins of equal width (Guo et al. 2017, https://arxiv.org/abs/1706.04599).

    Args:
        probabilities: Shape (rows, classes).
        classes: Text, shape (classes,); a label that is not among them has probability 0.
        labels: Text, shape (rows,).
    """
    chances, classes, labels = (
        np.asarray(probabilities, float),
        np.asarray(classes, str),
        np.asarray(labels, str),
    )
    hits = labels[:, None] == classes
    right = hits[np.arange(len(labels)), chances.argmax(1)]
    chance = np.where(hits, chances, 0).sum(1)
    aucs = [
        roc_auc_score(hit, column)
        for hit, column in zip(hits.T, chances.T, strict=True)
        if 0 < hit.mean() < 1
    ]
    return {
        "accuracy": float(right.mean()),
        "log_loss": float(-np.log(np.maximum(chance, FLOOR)).mean()),
        "auc": statistics.fmean(aucs) if aucs else math.nan,
        "ece": calibration_error(chances.max(1), right),
    }


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Mean distance between confidence and accuracy, weighted by the rows of each bin of confidence."""
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(np.abs(np.bincount(index, confidence - right, bins)).sum() / len(right))
