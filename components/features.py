"""The inputs and the label of a model, as the Transform component writes them."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import tensorflow_transform as tft

NUMERIC = "numeric_xf"
"""Name of the input that holds all numeric columns, standardised."""

LABEL = "label_xf"
"""Name of the transformed label: a class index (int64) or a value (float32)."""

WEIGHT = "weight_xf"
"""Name of the transformed weight of an example, float32; there is none if all examples weigh the same."""

METRIC = {"classification": "accuracy", "regression": "mean_absolute_error"}
"""Keras' name of the metric that is logged beside the loss in every training, by task."""


def transformed_name(name: str) -> str:
    """Returns the name of a raw feature after Transform: `<name>_xf`. TFMA needs it to differ from all raw names.

    Columns named `label`, `numeric` or `weight`, which would get a reserved name, get one more underscore, and so do
    `label_`, `label__` and so on, so that no two columns share a name.
    """
    is_reserved = f"{name.rstrip('_')}_xf" in (LABEL, NUMERIC, WEIGHT)
    return f"{name}_{'_' if is_reserved else ''}xf"


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
        task: `classification` or `regression`.
        classes: Label value of each output unit, in order; empty for regression.
        positive: Index of the positive class; None unless there are two classes.
    """

    name: str
    task: Literal["classification", "regression"]
    classes: tuple[str, ...] | tuple[int, ...] = ()
    positive: int | None = None

    @classmethod
    def from_json(cls, text: str) -> "LabelFeature":
        """Parses the output of `to_json`, or the label of a model's card."""
        values = json.loads(text)
        return cls(values["name"], values["task"], tuple(values["classes"]), values.get("positive"))

    def to_json(self) -> str:
        """Returns the attributes as one JSON object."""
        return json.dumps(dataclasses.asdict(self))


@dataclasses.dataclass(frozen=True)
class ModelSchema:
    """The inputs by name and the label: the second argument of every `build_model`."""

    inputs: Mapping[str, Input]
    label: LabelFeature


def model_schema(transform_output: "tft.TFTransformOutput", label: LabelFeature) -> ModelSchema:
    """Derives the schema of a model from the output of Transform.

    Args:
        transform_output: Output of the Transform component.
        label: Label of the data set.
    """
    import numpy as np

    domains = {feature.name: feature for feature in transform_output.transformed_metadata.schema.feature}
    inputs = {}
    for name, spec in sorted(transform_output.transformed_feature_spec().items()):
        if name in (LABEL, WEIGHT):
            continue
        feature = domains[name]
        vocabulary_size = feature.int_domain.max + 1 if feature.HasField("int_domain") else None
        inputs[name] = Input(tuple(spec.shape), np.dtype(spec.dtype.as_numpy_dtype).name, vocabulary_size)
    return ModelSchema(inputs, label)
