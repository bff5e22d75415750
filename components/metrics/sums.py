"""Sums over rows, of which every metric is a function: all rows once, or resampled (`components.evaluator`)."""

import math
from typing import Protocol

import numpy as np


class Sums(Protocol):
    """Adds up rows. Each result may have leading axes, such as one of resamples."""

    total: np.ndarray
    """Sum of the weights."""

    def values(self, values: np.ndarray) -> np.ndarray:
        """Sum of weight × value, for values of shape (rows,)."""
        ...

    def table(self, codes: np.ndarray, size: int) -> np.ndarray:
        """Sum of the weights by code, of shape (…, size), for codes of shape (rows,)."""
        ...

    def levels(self, scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, int]:
        """Ranks scores of shape (rows,), of rows that are positive or not.

        Returns:
            The rank of each row from the smallest score on, which may put scores that are next to each other
            together, and the number of ranks.
        """
        ...


class Exact:
    """All rows once. No result depends on the order of the rows."""

    def __init__(self, weights: np.ndarray | None, rows: int) -> None:
        """Adds up.

        Args:
            weights: Weight of each row, of shape (rows,); None weighs all the same.
            rows: Number of rows.
        """
        self.weights = None if weights is None else np.asarray(weights, np.float64)
        self.total = np.asarray(float(rows) if self.weights is None else math.fsum(self.weights.tolist()))

    def values(self, values: np.ndarray) -> np.ndarray:
        """The correctly rounded sum; see `Sums`."""
        weighted = values if self.weights is None else values * self.weights
        return np.asarray(math.fsum(np.asarray(weighted, np.float64).tolist()))

    def table(self, codes: np.ndarray, size: int) -> np.ndarray:
        """Sums of weights from the smallest to the largest; see `Sums`."""
        if self.weights is None:
            return np.bincount(codes, minlength=size).astype(np.float64)
        order = np.lexsort((self.weights, codes))
        return np.bincount(codes[order], self.weights[order], minlength=size)

    def levels(self, scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, int]:
        """Every score is a rank of its own; see `Sums`."""
        distinct, ranks = np.unique(scores, return_inverse=True)
        return ranks, len(distinct)
