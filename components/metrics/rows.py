"""The rows that a metric judges."""

import dataclasses
from functools import cached_property

import numpy as np


@dataclasses.dataclass(frozen=True)
class Rows:
    """Labels and predictions of some rows.

    Attributes:
        labels: Class indices or numbers, of shape (rows,).
        predictions: Probabilities of shape (rows, classes), or numbers of shape (rows,) or (rows, 1).
        positive: Index of the positive class of a binary label; None is 1.
        threshold: Least probability of the positive class that is answered with it; None answers with the most
            probable class.
    """

    labels: np.ndarray
    predictions: np.ndarray
    positive: int | None = None
    threshold: float | None = None

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.predictions.shape[1]

    @property
    def positive_class(self) -> int:
        """Index of the positive class of a binary label."""
        return 1 if self.positive is None else self.positive

    @cached_property
    def are_finite(self) -> bool:
        """Whether there are rows, and all their predictions are finite numbers."""
        return bool(len(self.labels)) and bool(np.isfinite(self.predictions).all())

    @cached_property
    def answers(self) -> np.ndarray:
        """The class that is answered for each row, of shape (rows,); of equal probabilities, the first."""
        if self.threshold is None or self.classes != 2:
            return self.predictions.argmax(axis=1)
        is_positive = self.predictions[:, self.positive_class] >= np.float32(self.threshold)
        return np.where(is_positive, self.positive_class, 1 - self.positive_class)

    @cached_property
    def numbers(self) -> np.ndarray:
        """The predicted numbers, float64, of shape (rows,)."""
        return self.predictions.reshape(len(self.labels)).astype(np.float64)

    @cached_property
    def truth(self) -> np.ndarray:
        """The labels of a regression as float64."""
        return self.labels.astype(np.float64)

    def subset(self, chosen: np.ndarray) -> "Rows":
        """Some of the rows, by number."""
        return dataclasses.replace(self, labels=self.labels[chosen], predictions=self.predictions[chosen])
