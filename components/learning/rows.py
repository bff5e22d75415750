"""What a model gets of parsed examples: inputs, labels and weights."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from components.errors import WEIGHTS, DataError
from components.features import LABEL, WEIGHT
from components.learning.outputs import Scale
from components.learning.parsed_file import LabelSummary


@dataclasses.dataclass(frozen=True)
class TrainingRows:
    """Turns parsed examples into (x, y) or (x, y, sample_weight).

    Attributes:
        scale: Scale of the labels; None leaves them as they are.
        unit: Weight that counts as 1, the mean of the split: the learning rate means the same whatever the unit of the
            weights, and a loss is a weighted mean over the examples.
        class_weights: Factor of the weight of each class; empty if there are none.
    """

    scale: Scale | None = None
    unit: float = 1.0
    class_weights: tuple[float, ...] = ()

    def __call__(self, block: Mapping[str, Any]) -> tuple[Any, ...]:
        """Returns the parts of examples by name, whose values are along the last axis."""
        inputs = dict(block)
        label, weight = inputs.pop(LABEL), inputs.pop(WEIGHT, None)
        factors = []
        if weight is not None:
            factors.append(tf.cast(weight, tf.float32)[..., 0] / self.unit)
        if self.class_weights:
            factors.append(tf.gather(tf.constant(self.class_weights, tf.float32), label[..., 0]))
        weights = [factors[0] * factors[1] if len(factors) > 1 else factors[0]] if factors else []
        return inputs, label if self.scale is None else self.scale(label), *weights


def check_weights(column: str, split: str, labels: LabelSummary) -> None:
    """Checks the weights of a split.

    Raises:
        DataError: A weight is missing, negative or not finite, or all are 0.
    """
    where = f"data.weight: {column!r}"
    if not np.isfinite(labels.weight):
        raise DataError(
            f"{where} is empty, not a number or infinite in some rows of the split {split!r}; every row needs a "
            "weight, 0 for one that does not count"
        )
    if labels.least_weight < 0:
        raise DataError(
            f"{where} is negative in some rows of the split {split!r}, such as {labels.least_weight:g}; {WEIGHTS}"
        )
    if labels.weight == 0:
        raise DataError(f"{where} is 0 in every row of the split {split!r}; some rows must count")


def balanced(labels: np.ndarray, weights: np.ndarray | None, classes: int) -> tuple[float, ...]:
    """Returns class weights under which all classes that occur weigh the same, and examples weigh 1 on average.

    They are n / (k * n_c), as in scikit-learn, where n_c is the weight of class c, and k the number of such classes.
    """
    totals = np.bincount(labels, weights, minlength=classes)
    present = totals > 0
    found = np.ones(classes)
    found[present] = totals.sum() / (present.sum() * totals[present])
    return tuple(found.tolist())


def check_class_weights(class_weights: Sequence[float], labels: np.ndarray) -> None:
    """Checks that some example counts.

    Raises:
        DataError: All classes that occur weigh 0.
    """
    if not any(class_weights[label] for label in np.unique(labels)):
        raise DataError("training.class_weight: every class in the training data weighs 0; some must count")
