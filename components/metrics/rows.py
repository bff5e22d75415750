"""The rows that a metric judges."""

import dataclasses
from functools import cached_property

import numpy as np

LEAST = np.float32(1e-7)
"""Probability that Keras and TFMA take for 0; the logarithm of 0 would make one row outweigh all others."""


@dataclasses.dataclass(frozen=True)
class Rows:
    """Labels and predictions of some rows.

    Attributes:
        labels: Class indices or numbers, of shape (rows,); or, for several labels per row, 0 and 1 of shape (rows,
            classes).
        predictions: Probabilities of shape (rows, classes), or numbers of shape (rows,) or (rows, 1).
        positive: Index of the positive class of a binary label; None is 1.
        threshold: Least probability of the positive class that is answered with it; None answers with the most
            probable class. For several labels per row, the least probability of a label that is answered; None is 0.5.
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
    def is_multilabel(self) -> bool:
        """Whether rows have any number of labels."""
        return self.labels.ndim == 2

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
        """The class that is answered for each row, of shape (rows,); of equal probabilities, the first.

        For several labels per row, whether each is answered, of shape (rows, classes).
        """
        if self.is_multilabel:
            return self.predictions >= np.float32(0.5 if self.threshold is None else self.threshold)
        if self.threshold is None or self.classes != 2:
            return self.predictions.argmax(axis=1)
        is_positive = self.predictions[:, self.positive_class] >= np.float32(self.threshold)
        return np.where(is_positive, self.positive_class, 1 - self.positive_class)

    @cached_property
    def right(self) -> np.ndarray:
        """Whether the answer of each row is right, with several labels in all of them; of shape (rows,)."""
        found = self.answers == self.labels
        return found.all(axis=1) if self.is_multilabel else found

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
