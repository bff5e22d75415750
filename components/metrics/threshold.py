"""The threshold of answers: the least probability of the positive class, or of each of several labels."""

from typing import TYPE_CHECKING

from components.metrics.registry import Metric, find

if TYPE_CHECKING:
    import numpy as np

    from components.metrics.rows import Rows
    from components.metrics.sums import Exact

HALF = 0.5

AT_HALF = ("accuracy", "subset_accuracy", "hamming_loss")
"""Metrics of answers that calibrated probabilities make best at 0.5 or near it: a choice on few rows adds noise."""

_TRIED = 500
"""Quantiles of the scores of rows with and without their label, that several labels are tried at."""


def best_threshold(
    metric: Metric,
    labels: "np.ndarray",
    probabilities: "np.ndarray",
    weights: "np.ndarray | None" = None,
    positive: int | None = None,
) -> float:
    """Returns the threshold with the best score.

    It lies midway between two probabilities that occur, so that both classes are answered. Of equally good
    thresholds, the one next to 0.5 is taken. A metric that judges probabilities has no best threshold, and 0.5 is
    returned, as for a function of the user. Precision or recall alone would be best at one end; they get the best
    threshold for F1.

    Args:
        metric: Metric to find it for.
        labels: Class indices 0 and 1, of shape (rows,); or 0 and 1 for each of several labels, of shape (rows, labels).
        probabilities: Probabilities, of shape (rows, 2) or (rows, labels).
        weights: Weight of each row, of shape (rows,); None weighs all the same.
        positive: Index of the positive class; None is 1.

    Returns:
        The threshold, a float32 number, so that a model that compares in float32 answers the same.
    """
    import numpy as np

    from components.metrics import answers
    from components.metrics.rows import Rows
    from components.metrics.sums import Exact

    rows = Rows(labels, probabilities, positive)
    if not metric.needs_threshold or not rows.are_finite:
        return HALF
    if rows.is_multilabel:
        return _of_labels(metric, rows, Exact(weights, len(labels)))
    if metric.name in ("precision", "recall"):
        metric = find("f1")
    place = rows.positive_class
    scores = probabilities[:, place].astype(np.float32)
    sums, is_positive = Exact(weights, len(labels)), labels == place
    ranks, count = sums.levels(scores, is_positive)
    if count < 2:
        return HALF
    by_rank = sums.table(2 * ranks + is_positive, 2 * count).reshape(count, 2)
    above = np.cumsum(by_rank[::-1], axis=0)[::-1][1:]  # weights of other and positive rows from each rank on
    others, positives = by_rank.sum(axis=0)
    found = np.empty((count - 1, 3, 2))
    found[:, 0, place], found[:, 0, 1 - place] = above[:, 1], others - above[:, 0]
    found[:, 1, place], found[:, 1, 1 - place] = positives, others
    found[:, 2, place] = above.sum(axis=1)
    found[:, 2, 1 - place] = others + positives - found[:, 2, place]
    values = answers.FORMULAS[metric.name](found, place)
    return _best(_between(np.unique(scores)), values)


def _between(distinct: "np.ndarray") -> "np.ndarray":
    """Thresholds between neighbouring scores, float32."""
    import numpy as np

    middle = distinct[:-1] + (distinct[1:] - distinct[:-1]) / np.float32(2)
    return np.where(middle > distinct[:-1], middle, distinct[1:])


def _best(thresholds: "np.ndarray", values: "np.ndarray") -> float:
    """The threshold with the best value that is next to 0.5."""
    import numpy as np

    best = np.flatnonzero(values == values.max())
    return float(thresholds[best[np.argmin(np.abs(thresholds[best] - np.float32(HALF)))]])


def _of_labels(metric: Metric, rows: "Rows", sums: "Exact") -> float:
    """One threshold for all labels: with one for each, rare labels would be answered by chance."""
    import numpy as np

    from components.metrics import multilabel

    formula = multilabel.OF_MARGINS.get(metric.name)
    scores, truth = rows.predictions.astype(np.float32), rows.labels == 1
    if formula is None:
        return HALF
    at = np.linspace(0, 1, _TRIED)
    sides = [side for side in (scores[truth], scores[~truth]) if len(side)]
    thresholds = _between(np.unique([np.quantile(side, at, method="nearest") for side in sides]))
    if not len(thresholds):
        return HALF
    margins = []
    for score, has in zip(scores.T, truth.T, strict=True):
        reached = np.searchsorted(
            thresholds, score, side="right"
        )  # number of thresholds that the score is not below
        by_rank = sums.table(2 * reached + has, 2 * (len(thresholds) + 1)).reshape(-1, 2)
        above = np.cumsum(by_rank[::-1], axis=0)[::-1][1:]
        margins.append(
            np.stack([above[:, 1], np.full(len(above), by_rank[:, 1].sum()), above.sum(axis=1)], axis=1)
        )
    return _best(thresholds, formula(np.stack(margins, axis=-1)))
