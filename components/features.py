"""The inputs and the label of a model, as the Transform component writes them."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import tensorflow_transform as tft

Task = Literal["classification", "regression", "multilabel"]
"""What a model predicts: one of several classes, a number, or any of several labels."""

NUMERIC = "numeric_xf"
"""Name of the input that holds all numeric columns, standardised, and scaled by quantiles."""

LABEL = "label_xf"
"""Name of the transformed label: a class index (int64), a value (float32), or 0 and 1 for each label (float32)."""

WEIGHT = "weight_xf"
"""Name of the transformed weight of an example, float32; there is none if all examples weigh the same."""

METRIC = {
    "classification": "accuracy",
    "regression": "mean_absolute_error",
    "multilabel": "binary_accuracy",
}
"""Keras' name of the metric that is logged beside the loss in every training, by task."""


def transformed_name(name: str) -> str:
    """Returns the name of a raw feature after Transform: `<name>_xf`. TFMA needs it to differ from all raw names.

    Columns named `label`, `numeric` or `weight`, which would get a reserved name, get one more underscore, and so do
    `label_`, `label__` and so on, so that no two columns share a name.
    """
    is_reserved = f"{name.rstrip('_')}_xf" in (LABEL, NUMERIC, WEIGHT)
    return f"{name}_{'_' if is_reserved else ''}xf"


def layer_name(name: str, inputs: Mapping[str, Any]) -> str:
    """Returns a Keras name for an input: without "/", which column names may contain, and different from all others.

    Args:
        name: Name of the input.
        inputs: The other inputs, as Keras tensors by name.
    """
    result = name.replace("/", "_")
    while any(result == tensor.name for tensor in inputs.values()):
        result += "_"
    return result


@dataclasses.dataclass(frozen=True)
class Input:
    """One model input.

    Attributes:
        shape: Shape of one example, without the batch dimension.
        dtype: `float32`, or `int64` for a category index.
        vocabulary_size: Number of distinct indices; None for numbers.
    """

    shape: tuple[int, ...]
    dtype: str
    vocabulary_size: int | None = None


@dataclasses.dataclass(frozen=True)
class RawFeature:
    """One column of the data, as the served model takes it.

    Attributes:
        dtype: `float32`, `int64` or `string`.
        shape: Shape of one example's values; None if the number of values varies, which includes missing values.
        rows_input: Name in the signature `rows`, which allows only letters, digits and underscores.
        several: Whether a row may have any number of values.
    """

    dtype: str
    shape: tuple[int, ...] | None
    rows_input: str
    several: bool = False

    @property
    def size(self) -> int | None:
        """Number of values in one example; None if it varies."""
        return None if self.shape is None else math.prod(self.shape)


@dataclasses.dataclass(frozen=True)
class LabelFeature:
    """The label that a model predicts.

    Attributes:
        name: Name of the raw label column.
        task: `classification`, `regression`, or `multilabel` where any number of the classes applies to a row.
        classes: Label value of each output unit, in order; empty for regression. Between components they may be
            left out, because Transform writes them, see `components.transform.label_classes`.
        positive: Index of the positive class; None unless there are two classes, of which one applies.
        separator: What separates the labels in a cell of a multi-label column; empty if its rows are lists.
        key: Name of the label in the transformed examples.
    """

    name: str
    task: Task
    classes: tuple[str, ...] | tuple[int, ...] = ()
    positive: int | None = None
    separator: str = ""
    key: str = LABEL

    @property
    def is_multilabel(self) -> bool:
        """Whether any number of the classes applies to a row."""
        return self.task == "multilabel"

    @property
    def has_threshold(self) -> bool:
        """Whether answers depend on a threshold: of the positive class, or of each label."""
        return self.is_multilabel or self.positive is not None

    @property
    def activation(self) -> str:
        """Keras' name of the activation that turns the outputs of a model of classes into probabilities."""
        return "sigmoid" if self.is_multilabel else "softmax"

    @property
    def joiner(self) -> str:
        """What joins the labels of an answer in text: the data's separator, or for lists one that no label contains."""
        if self.separator:
            return self.separator
        candidates = ("|", ";", ",", "\t", "\x1f")
        return next((each for each in candidates if not any(each in str(name) for name in self.classes)), "|")

    def without_classes(self) -> "LabelFeature":
        """The label without what follows from the data."""
        return dataclasses.replace(self, classes=())

    @classmethod
    def from_json(cls, text: str) -> "LabelFeature":
        """Parses the output of `to_json`, or the label of a model's card."""
        values = json.loads(text)
        return cls(
            values["name"],
            values["task"],
            tuple(values["classes"]),
            values.get("positive"),
            values.get("separator", ""),
            values.get("key", LABEL),
        )

    def to_json(self) -> str:
        """Returns the attributes as one JSON object."""
        values = dataclasses.asdict(self)
        if self.key == LABEL:
            del values["key"]
        return json.dumps(values)


@dataclasses.dataclass(frozen=True)
class ModelSchema:
    """The inputs by name and the label: the second argument of every `build_model`."""

    inputs: Mapping[str, Input]
    label: LabelFeature


def model_schema(
    transform_output: "tft.TFTransformOutput", label: LabelFeature, weight: str = WEIGHT
) -> ModelSchema:
    """Derives the schema of a model from the output of Transform.

    Args:
        transform_output: Output of the Transform component.
        label: Label of the data set.
        weight: Name of the weight in the transformed examples.
    """
    import numpy as np

    domains = {feature.name: feature for feature in transform_output.transformed_metadata.schema.feature}
    inputs = {}
    for name, spec in sorted(transform_output.transformed_feature_spec().items()):
        if name in (label.key, weight):
            continue
        feature = domains[name]
        vocabulary_size = feature.int_domain.max + 1 if feature.HasField("int_domain") else None
        inputs[name] = Input(tuple(spec.shape), np.dtype(spec.dtype.as_numpy_dtype).name, vocabulary_size)
    return ModelSchema(inputs, label)
