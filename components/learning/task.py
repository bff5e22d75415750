"""The data of a training, read from what Transform wrote, and what a model must know of it."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
from tfx.types import Artifact

from components.features import LabelFeature, ModelSchema, model_schema
from components.learning.model_check import check_features
from components.learning.splits import MEMORY_BUDGET, Arrays, read_split
from components.learning.stream import StreamSource
from reactive_schedules.training.tensorflow.sources import Source, as_source


@dataclasses.dataclass(frozen=True)
class Scale:
    """Labels of a regression are learned as (label - mean) / std; classes as they are (0, 1)."""

    mean: float = 0.0
    std: float = 1.0

    def __call__(self, label: tf.Tensor) -> tf.Tensor:
        """What is learned instead of `label`."""
        return (tf.cast(label, tf.float32) - self.mean) / self.std


@dataclasses.dataclass(frozen=True)
class Task:
    """All a training needs besides its spec: the data, and what the model looks like."""

    train: Source
    validation: Source
    schema: ModelSchema
    scale: Scale
    transform_output: tft.TFTransformOutput

    @property
    def examples(self) -> int:
        """How many there are to train on."""
        return self.train.examples


def load_task(
    examples: Sequence[Artifact],
    transform_graph: str,
    label: LabelFeature,
    splits: Mapping[str, str],
    budget: int = MEMORY_BUDGET,
) -> Task:
    """Reads the artifacts of Transform.

    Args:
        examples: the `Examples` artifacts of transformed examples.
        transform_graph: URI of the `TransformGraph` artifact.
        label: the label of the data set.
        splits: names of the splits to `train` on and to use for `validation`.
        budget: bytes; a split that takes more is streamed.

    Raises:
        ValueError: a split is empty, a label is not one of the classes, or the preprocessing returned no label or no
            features.
    """
    transform_output = tft.TFTransformOutput(transform_graph)
    check_features(list(transform_output.transformed_feature_spec()))
    train, validation = (
        read_split(examples, transform_output, splits[name], budget) for name in ("train", "validation")
    )
    if label.task == "classification" and min(train.label_least, validation.label_least) < 0:
        raise ValueError(
            f"data.label: examples have a {label.name} that is not one of the {len(label.classes):,} classes, such as "
            f"{label.classes[0]}; the data has changed, or data.classes lacks some"
        )
    scale = Scale()
    data = [train.data, validation.data]
    if label.task == "regression":
        # A constant label in a small split must not divide by zero.
        scale = Scale(train.label_mean, train.label_std or 1.0)
        data = [_scaled(part, scale) for part in data]
    # Once for all trainings of the task: what is in memory becomes tensors.
    sources = as_source(data[0], "train"), as_source(data[1], "validation")
    return Task(*sources, model_schema(transform_output, label), scale, transform_output)


def _scaled(data: Arrays | StreamSource, scale: Scale) -> Arrays | StreamSource:
    if isinstance(data, StreamSource):
        return data.with_label(scale)
    inputs, labels = data
    return inputs, scale(labels).numpy()


def label_card(task: Task) -> dict[str, Any]:
    """What a reader of the model must know of its label, as plain JSON."""
    return {**json.loads(task.schema.label.to_json()), **dataclasses.asdict(task.scale)}


def schema_fingerprint(task: Task) -> str:
    """SHA-256 of the schema of the raw data, as SchemaGen wrote it."""
    folder = task.transform_output.transform_savedmodel_dir
    return hashlib.sha256(Path(folder).parent.joinpath("metadata/schema.pbtxt").read_bytes()).hexdigest()
