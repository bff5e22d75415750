"""What a model sees: its inputs and its label, as the Transform component left them."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import tensorflow_transform as tft

NUMERIC = "numeric_xf"
"""All numeric columns side by side, standardised."""

LABEL = "label_xf"
"""Class index (int64) or label value (float32)."""

METRIC = {"classification": "accuracy", "regression": "mean_absolute_error"}
"""What a training measures by epoch besides its loss, by task, as Keras calls it."""


def transformed_name(name: str) -> str:
    """Name of a raw feature after Transform: `<name>_xf`; distinct from every raw name, as TFMA needs.

    Columns named `label` and `numeric`, which would get a reserved name, get one more underscore, as do `label_`,
    `label__` and so on: no two columns share a name.
    """
    is_reserved = f"{name.rstrip('_')}_xf" in (LABEL, NUMERIC)
    return f"{name}_{'_' if is_reserved else ''}xf"


@dataclasses.dataclass(frozen=True)
class Input:
    """One model input.

    Attributes:
        shape: shape of one example, without the batch dimension.
        dtype: `float32`, or `int64` for a category index.
        vocabulary_size: number of distinct indices; None for numbers.
    """

    shape: tuple[int, ...]
    dtype: str
    vocabulary_size: int | None = None


@dataclasses.dataclass(frozen=True)
class RawFeature:
    """One column of the data, as a served model takes it.

    Attributes:
        dtype: `float32`, `int64` or `string`.
        shape: of one example's values; None where every example had any number of values: gaps are allowed.
        rows_input: its name in the signature `rows`, which takes letters, digits and underscores only.
    """

    dtype: str
    shape: tuple[int, ...] | None
    rows_input: str

    @property
    def size(self) -> int | None:
        """Values in one example; None for any number."""
        return None if self.shape is None else math.prod(self.shape)


@dataclasses.dataclass(frozen=True)
class LabelFeature:
    """What the model predicts.

    Attributes:
        name: the raw label column.
        task: `classification` or `regression`.
        classes: the value that output unit i stands for; empty for regression.
    """

    name: str
    task: Literal["classification", "regression"]
    classes: tuple[str, ...] | tuple[int, ...] = ()

    @classmethod
    def from_json(cls, text: str) -> "LabelFeature":
        """Inverse of `to_json`."""
        values = json.loads(text)
        return cls(values["name"], values["task"], tuple(values["classes"]))

    def to_json(self) -> str:
        """One JSON object with the three attributes."""
        return json.dumps(dataclasses.asdict(self))


@dataclasses.dataclass(frozen=True)
class ModelSchema:
    """Argument of every `build_model`: the inputs by name, and the label."""

    inputs: Mapping[str, Input]
    label: LabelFeature


def model_schema(transform_output: "tft.TFTransformOutput", label: LabelFeature) -> ModelSchema:
    """Derives the schema of a model from what Transform wrote.

    Args:
        transform_output: of the Transform component.
        label: the label of the data set.
    """
    import numpy as np

    domains = {feature.name: feature for feature in transform_output.transformed_metadata.schema.feature}
    inputs = {}
    for name, spec in sorted(transform_output.transformed_feature_spec().items()):
        if name == LABEL:
            continue
        feature = domains[name]
        vocabulary_size = feature.int_domain.max + 1 if feature.HasField("int_domain") else None
        inputs[name] = Input(tuple(spec.shape), np.dtype(spec.dtype.as_numpy_dtype).name, vocabulary_size)
    return ModelSchema(inputs, label)
