"""A paired test of two models on the same rows."""

import dataclasses
import math

import numpy as np
from scipy import optimize, special

from components.evaluator.intervals import COVERAGE, percentiles
from components.evaluator.resampling import Resamples
from components.metrics import Metric
from components.metrics.rows import Rows


@dataclasses.dataclass(frozen=True)
class Difference:
    """How much better the first of two models is, in the unit of the metric.

    Attributes:
        value: The difference of the scores, positive where the first model is better.
        interval: The 95 % interval around it; None if the rows do not tell.
        bound: What the first model is better by with the confidence that was asked for; may be negative.
    """

    value: float
    interval: tuple[float, float] | None
    bound: float


def compare(
    metric: Metric,
    pair: tuple[Rows, Rows],
    values: tuple[float, float],
    resamples: Resamples,
    plain: bool,
    confidence: float,
) -> Difference:
    """Compares two models.

    Both are scored on the same resamples, so that what makes rows hard for both cancels out. The difference of two
    accuracies of equal and independent rows depends only on the rows that one model alone gets right; it gets the score
    limits of Tango ("Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design", 1998), which hold for few such rows, too.

    Args:
        metric: The metric.
        pair: The rows with the predictions of the first model, and of the second.
        values: The scores of both; finite.
        resamples: Resamples of the rows.
        plain: Whether the rows have neither weights nor groups.
        confidence: Probability, from 0.5 on, that the first model is better by more than `bound`.
    """
    first, second = pair
    sign = 1 if metric.larger_is_better else -1
    value = sign * (values[0] - values[1])
    if np.array_equal(first.predictions, second.predictions) and first.threshold == second.threshold:
        return Difference(0.0, (0.0, 0.0), 0.0)
    if plain and metric.name in ("accuracy", "subset_accuracy"):
        return _of_accuracies(first, second, value, confidence)
    replicates = sign * (
        resamples.replicates(metric, first, values[0]) - resamples.replicates(metric, second, values[1])
    )
    if metric.needs_threshold:
        replicates = value + (replicates - value) * _widening(first, second)
    low, high = percentiles(replicates, resamples.cells, COVERAGE)
    bound, _ = percentiles(replicates, resamples.cells, 2 * confidence - 1)
    return Difference(value, (low, high) if low < high else None, bound if low < high else -math.inf)


def confirmed(
    difference: Difference, metric: Metric, pair: tuple[Rows, Rows], resamples: Resamples, confidence: float
) -> Difference:
    """Takes back that the first model is better unless an exact test says so, too.

    If both were equally good, it would be the toss of a coin which of them predicted a row: the difference is compared
    with those after random exchanges of the models (Pitman, "Significance tests which may be applied to samples from
    any populations", 1937; for accuracy, McNemar's exact test). So for any metric and few rows, a model that is no
    better is taken for a better one in at most 1 - `confidence` of all cases.
    """
    if not difference.bound > 0 or confidence <= 0.5:
        return difference
    found = resamples.exchanged(metric, *pair) * (1 if metric.larger_is_better else -1)
    as_large = np.mean(found >= found[0] - 1e-12 * abs(found[0]))  # the first one counts, as it should
    return difference if as_large <= 1 - confidence else dataclasses.replace(difference, bound=0.0)


def _widening(first: Rows, second: Rows) -> float:
    """Widens the spread of answers that seldom differ, as one more row of each kind would.

    Where two models differ in three rows, all won by one of them, 95 % of the resamples have one of these; by the toss
    of a coin it happens in one case of eight (Agresti and Min, "Simple improved confidence intervals for comparing
    matched proportions", 2005).
    """
    different = first.answers != second.answers
    differ = int((different.any(axis=1) if first.is_multilabel else different).sum())
    return math.sqrt((differ + 2) / differ) if differ else math.inf


def _of_accuracies(first: Rows, second: Rows, value: float, confidence: float) -> Difference:
    right, other = first.right, second.right
    wins, losses, rows = int((right & ~other).sum()), int((other & ~right).sum()), len(right)
    bound = _least(wins, losses, rows, confidence)
    tail = 1 - (1 - COVERAGE) / 2
    return Difference(value, (_least(wins, losses, rows, tail), -_least(losses, wins, rows, tail)), bound)


def _least(wins: int, losses: int, rows: int, confidence: float) -> float:
    """The lower score limit of (wins - losses) / rows, one-sided."""
    quantile = special.ndtri(confidence)

    def excess(difference: float) -> float:
        # The most likely share of losses for this difference, from the root of a quadratic (Tango's equation 12).
        linear = -wins - losses + (2 * rows - wins + losses) * difference
        root = math.sqrt(max(linear**2 + 8 * rows * losses * difference * (1 - difference), 0.0))
        lost = (root - linear) / (4 * rows)
        variance = rows * (2 * lost + difference * (1 - difference))
        distance = wins - losses - rows * difference
        return distance - quantile * math.sqrt(max(variance, 0.0))

    value = (wins - losses) / rows
    least, most = -1 + 1e-12, value - 1e-9  # without losses and wins, the variance is 0 at the value itself
    if most <= least or excess(least) <= 0:
        return -1.0
    return value if excess(most) >= 0 else float(optimize.brentq(excess, least, most))
