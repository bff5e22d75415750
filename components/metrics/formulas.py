"""The formula of each metric, as a function of sums over rows."""

from collections.abc import Callable

import numpy as np

from components.metrics import answers, curves, multilabel
from components.metrics.rows import LEAST, Rows
from components.metrics.sums import Sums


def score(name: str, parameter: float | None, rows: Rows, sums: Sums) -> np.ndarray:
    """The score of rows.

    Args:
        name: Name of the metric, without its parameter.
        parameter: The quantile of `quantile_loss`.
        rows: Labels and predictions.
        sums: What adds them up.

    Returns:
        The score, with the leading axes of the sums; NaN where it is not defined, see `Metric.score`.
    """
    if not rows.are_finite:
        return np.full(np.shape(sums.total), np.nan)
    return np.where(sums.total > 0, _score(name, parameter, rows, sums), np.nan)


def _score(name: str, parameter: float | None, rows: Rows, sums: Sums) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        if parameter is not None:
            return _quantile_loss(rows, sums, parameter)
        if rows.is_multilabel:
            return multilabel.FORMULAS[name](rows, sums)
        if name in answers.FORMULAS:
            return answers.FORMULAS[name](answers.margins(rows, sums), rows.positive_class)
        return _FORMULAS[name](rows, sums)


def _mean(values: np.ndarray, sums: Sums) -> np.ndarray:
    return sums.values(values) / sums.total


def cross_entropy(rows: Rows, sums: Sums) -> np.ndarray:
    """Mean of -log(probability of the label), in nats, of probabilities from 1e-7 to 1 - 1e-7 that sum to 1.

    Source: Good, "Rational decisions", 1952; clipped and normalised as Keras' SparseCategoricalCrossentropy does.
    """
    bounded = np.clip(rows.predictions, LEAST, 1 - LEAST).astype(np.float64)
    given = bounded[np.arange(len(rows.labels)), rows.labels]
    return _mean(np.log(bounded.sum(axis=1)) - np.log(given), sums)


def brier(rows: Rows, sums: Sums) -> np.ndarray:
    """Mean squared error of probabilities: of the positive class of two, else summed over all classes.

    It is from 0 to 1 for two classes, and from 0 to 2 for more, as in scikit-learn's `brier_score_loss`.
    Source: Brier, "Verification of forecasts expressed in terms of probability", 1950.
    """
    probabilities = rows.predictions.astype(np.float64)
    if rows.classes == 2:
        place = rows.positive_class
        return _mean((probabilities[:, place] - (rows.labels == place)) ** 2, sums)
    given = probabilities[np.arange(len(rows.labels)), rows.labels]
    return _mean((probabilities**2).sum(axis=1) - 2 * given + 1, sums)


def _error(rows: Rows) -> np.ndarray:
    return rows.numbers - rows.truth


def rmse(rows: Rows, sums: Sums) -> np.ndarray:
    """Root of the mean squared error, in units of the label."""
    return np.sqrt(_mean(_error(rows) ** 2, sums))


def mae(rows: Rows, sums: Sums) -> np.ndarray:
    """Mean absolute error, in units of the label."""
    return _mean(np.abs(_error(rows)), sums)


def r2(rows: Rows, sums: Sums) -> np.ndarray:
    """Coefficient of determination: 1 - squared error / squared distance of the labels to their mean.

    If all labels are equal, 1 for perfect predictions and else 0, as in scikit-learn's `r2_score`; NaN for one row.
    """
    if len(rows.labels) < 2:
        return np.full(np.shape(sums.total), np.nan)
    centred = rows.truth - np.median(rows.truth)  # so that what is subtracted below is small
    spread = sums.values(centred**2) - sums.values(centred) ** 2 / sums.total
    wrong = sums.values(_error(rows) ** 2)
    if np.ptp(rows.truth) == 0:
        spread = np.zeros_like(wrong)
    return np.where(spread > 0, 1 - wrong / spread, np.where(wrong > 0, 0.0, 1.0))


def mape(rows: Rows, sums: Sums) -> np.ndarray:
    """Mean of |error / label|, as a fraction: 0.1 is 10 %. NaN if a label is 0, where it has no value.

    (scikit-learn's `mean_absolute_percentage_error` divides by 2e-16 there, so that one row outweighs all others.)
    """
    return _mean(np.abs(_error(rows)) / np.where(rows.truth == 0, np.nan, np.abs(rows.truth)), sums)


def _quantile_loss(rows: Rows, sums: Sums, quantile: float) -> np.ndarray:
    """Mean of q × error below the label, (1 - q) × error above it, in units of the label.

    Source: Koenker and Bassett, "Regression quantiles", 1978; scikit-learn's `mean_pinball_loss`.
    """
    error = _error(rows)
    return _mean(np.maximum(-quantile * error, (1 - quantile) * error), sums)


_FORMULAS: dict[str, Callable[[Rows, Sums], np.ndarray]] = {
    "roc_auc": curves.roc_auc,
    "pr_auc": curves.pr_auc,
    "cross_entropy": cross_entropy,
    "brier": brier,
    "rmse": rmse,
    "mae": mae,
    "r2": r2,
    "mape": mape,
}
