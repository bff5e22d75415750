"""Bootstrap resamples of test rows, or of groups of them, as sums that every metric is a function of.

A resample draws rows with replacement, so each row counts 0, 1, 2, … times (Efron, "Bootstrap methods", 1979). Rows
that belong together, such as those of one customer, are drawn together (the cluster bootstrap). Of many rows, random
cells of them are drawn instead, all of about the same size: the spread of a mean of 1,000 cells is known to about 2 %
(1 / sqrt(2 × 1,000)), and the work no longer grows with the number of rows.
"""

import zlib
from functools import cached_property

import numpy as np

from components.metrics import Metric
from components.metrics.rows import Rows

RESAMPLES = 2000
"""The ends of a 95 % interval are then known to about 6 % of a standard error."""

MOST_UNITS = 2000
"""Rows or groups that are drawn one by one, at most."""

CELLS = 1000
"""Cells that more rows or groups than that are put into."""

LEVELS = 32
"""Quantiles of the scores of each of both classes that a curve is resampled at."""

OWN_VALUES = 4_000_000
"""Rows that a function of the user is given in all its resamples together, about."""


EXCHANGES = 1000
"""Random exchanges of two models; a probability of 5 % is then known to about 0.7 %."""


class Resamples:
    """Resamples of some rows, as `components.metrics.sums.Sums`: the first is all rows once, the others are drawn.

    The same resamples serve every metric and every model, so that differences between models are paired. They depend
    on nothing but the rows: the rows must be in the order of their keys.
    """

    def __init__(self, cell: np.ndarray, counts: np.ndarray, weights: np.ndarray | None, seed: int) -> None:
        """Takes what was drawn; see `draw`.

        Args:
            cell: The cell that each row is in, of shape (rows,).
            counts: How often each resample has each cell, float32 of shape (resamples, cells).
            weights: Weight of each row, of shape (rows,); None weighs all the same.
            seed: Seed for what else is drawn.
        """
        self.cells, self.counts = counts.shape[1], counts
        self._cell, self._weights, self._seed = cell, weights, seed
        self._known: dict[tuple[str, int], np.ndarray] = {}

    @classmethod
    def draw(
        cls,
        keys: np.ndarray,
        weights: np.ndarray | None = None,
        groups: np.ndarray | None = None,
        resamples: int = RESAMPLES,
    ) -> "Resamples":
        """Draws resamples.

        Args:
            keys: A hash of each row, sorted, uint64 of shape (rows,).
            weights: Weight of each row, of shape (rows,); None weighs all the same.
            groups: A hash of the group that each row belongs to, uint64 of shape (rows,); None is a group per row.
            resamples: Number of resamples.
        """
        units = np.arange(len(keys)) if groups is None else np.unique(groups, return_inverse=True)[1]
        count = int(units.max(initial=-1)) + 1
        cells = count if count <= MOST_UNITS else CELLS
        seed = zlib.crc32(keys.tobytes())
        drawn = np.random.default_rng(seed).integers(cells, size=(resamples, cells))
        drawn += np.arange(resamples)[:, None] * cells
        counts = np.ones((resamples + 1, cells), np.float32)
        counts[1:] = np.bincount(drawn.ravel(), minlength=resamples * cells).reshape(resamples, cells)
        return cls(units % cells, counts, weights, seed)

    def exchanged(self, metric: Metric, first: Rows, second: Rows) -> np.ndarray:
        """Exchanges two models in a random half of the units (rows, groups or cells).

        Returns:
            How much larger the metric of the first is than that of the second: without an exchange, then in each of
            `EXCHANGES` draws.
        """
        kept = (
            np.random.default_rng(self._seed + 1)
            .integers(2, size=(EXCHANGES + 1, self.cells))
            .astype(np.float32)
        )
        kept[0] = 1
        both = np.concatenate([np.hstack([kept, 1 - kept]), np.hstack([1 - kept, kept])])
        cell = np.concatenate([self._cell, self._cell + self.cells])
        weights = None if self._weights is None else np.tile(self._weights, 2)
        stacked = Rows(
            np.concatenate([first.labels, first.labels]),
            np.concatenate([_as_judged(metric, side) for side in (first, second)]),
            first.positive,
        )
        resamples = Resamples(cell, both, weights, self._seed)
        is_own = metric.function is not None
        found = resamples.own(metric, stacked, both) if is_own else metric.of(stacked, resamples)
        ours, theirs = found.reshape(2, -1)
        return ours - theirs

    @cached_property
    def _precise(self) -> np.ndarray:
        return self.counts.astype(np.float64)

    @cached_property
    def total(self) -> np.ndarray:
        """Sum of the weights in each resample."""
        return self.values(np.ones(len(self._cell)))

    def values(self, values: np.ndarray) -> np.ndarray:
        """Sums of weight × value in each resample."""
        weighted = values if self._weights is None else values * self._weights
        return self._precise @ np.bincount(self._cell, weighted, minlength=self.cells)

    def table(self, codes: np.ndarray, size: int) -> np.ndarray:
        """Sums of weights by code in each resample; float32 is exact for rows without weights."""
        places = self._cell * size + codes
        by_cell = np.bincount(places, self._weights, minlength=self.cells * size).reshape(self.cells, size)
        return (self.counts @ by_cell.astype(np.float32)).astype(np.float64)

    def levels(self, scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, int]:
        """Ranks scores among quantiles of each class; `replicates` corrects what that changes."""
        at = np.linspace(0, 1, LEVELS)
        edges = [
            np.quantile(side, at, method="nearest")
            for side in (scores[positive], scores[~positive])
            if len(side)
        ]
        edges = np.unique(np.concatenate(edges))
        return np.searchsorted(edges, scores, side="right"), len(edges) + 1

    def replicates(self, metric: Metric, rows: Rows, value: float) -> np.ndarray:
        """The metric of each resample, moved so that all rows once have the given value.

        Args:
            metric: Metric to measure.
            rows: The rows, with the predictions of one model.
            value: The exact score of all rows.

        Returns:
            Scores of the drawn resamples; NaN where a resample has none, as without rows of one class.
        """
        key = metric.name, id(rows.predictions)  # for an interval, and again for a comparison
        if key not in self._known:
            if metric.function is not None:
                count = max(20, OWN_VALUES // max(1, len(rows.labels)))
                self._known[key] = self.own(metric, rows, self.counts[1 : count + 1])
            else:
                found = metric.of(rows, self)
                self._known[key] = found[1:] + (value - found[0])
        return self._known[key]

    def own(self, metric: Metric, rows: Rows, counts: np.ndarray) -> np.ndarray:
        """The scores by a function of the user, which takes rows, of the given resamples."""
        found = []
        for times in counts:
            chosen = np.repeat(np.arange(len(rows.labels)), times[self._cell].astype(np.int64))
            some = rows.subset(chosen)
            weights = None if self._weights is None else self._weights[chosen]
            found.append(metric.score(some.labels, some.predictions, weights))
        return np.array(found)


def _as_judged(metric: Metric, rows: Rows) -> np.ndarray:
    """Predictions that give the same score without a threshold, which differs between models."""
    if metric.needs_threshold and rows.is_multilabel:
        return rows.answers.astype(np.float32)
    if metric.needs_threshold:
        return np.eye(rows.classes, dtype=np.float32)[rows.answers]
    return rows.predictions.reshape(len(rows.labels), -1)
