"""The names of label and weight in the examples of a pipeline, which a training has under names of its own."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from components.features import LABEL, WEIGHT, LabelFeature
from components.learning.goal import Goal


@dataclasses.dataclass(frozen=True)
class Columns:
    """Which features of the examples are label and weight.

    Attributes:
        label: Name of the label.
        weight: Name of the weight of an example, if there is one.
        dtype: Type that the label is converted to; None leaves it as it is.
    """

    label: str = LABEL
    weight: str = WEIGHT
    dtype: tf.DType | None = None

    @classmethod
    def of(cls, label: LabelFeature, goal: Goal, features: Mapping[str, Any]) -> "Columns":
        """Returns the columns of a label.

        Args:
            label: Label of the data set.
            goal: The weight is the feature that `goal.weight` names, unless there is one of the name `WEIGHT`.
            features: Feature specs of the examples, by name.
        """
        has_own = goal.weight and WEIGHT not in features and goal.weight in features
        dtypes = {"classification": tf.int64, "multilabel": tf.float32}
        return cls(label.key, str(goal.weight) if has_own else WEIGHT, dtypes.get(label.task))

    def spec(self, features: Mapping[str, Any]) -> dict[str, tf.io.FixedLenFeature]:
        """Returns the feature specs after `taken`: one number is a vector of length 1, for label and weight."""
        return {
            self._name(name): tf.io.FixedLenFeature(feature.shape or (1,), self._dtype(name, feature.dtype))
            if name in (self.label, self.weight)
            else feature
            for name, feature in features.items()
        }

    def taken(self, parsed: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns parsed examples under the names and in the types of a training, inside a traced function."""
        found = {}
        for name, tensor in parsed.items():
            if name in (self.label, self.weight):
                shaped = tensor[:, tf.newaxis] if tensor.shape.rank == 1 else tensor
                found[self._name(name)] = tf.cast(shaped, self._dtype(name, tensor.dtype))
            else:
                found[name] = tensor
        return found

    def _name(self, name: str) -> str:
        return {self.label: LABEL, self.weight: WEIGHT}.get(name, name)

    def _dtype(self, name: str, dtype: tf.DType) -> tf.DType:
        return self.dtype or dtype if name == self.label else dtype
