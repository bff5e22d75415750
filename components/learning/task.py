"""The data of a training, read from the output of Transform, and its schema."""

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
    """Scale of the labels: a regression learns (label - mean) / std; classes keep mean 0 and std 1."""

    mean: float = 0.0
    std: float = 1.0

    def __call__(self, label: tf.Tensor) -> tf.Tensor:
        """Returns the scaled labels."""
        return (tf.cast(label, tf.float32) - self.mean) / self.std


@dataclasses.dataclass(frozen=True)
class Task:
    """The data of a training and the schema of its model.

    Attributes:
        train: Examples to train on.
        validation: Examples to validate on.
        schema: Inputs and label of the model.
        scale: Scale of the labels.
        transform_output: Output of the Transform component.
    """

    train: Source
    validation: Source
    schema: ModelSchema
    scale: Scale
    transform_output: tft.TFTransformOutput

    @property
    def examples(self) -> int:
        """Number of training examples."""
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
        examples: `Examples` artifacts of transformed examples.
        transform_graph: URI of the `TransformGraph` artifact.
        label: Label of the data set.
        splits: Names of the splits for the keys `train` and `validation`.
        budget: Bytes of memory for each split; a larger split is streamed.

    Raises:
        ValueError: A split is empty, a label is not one of the classes, or the preprocessing does not return a label
            and dense features.
    """
    transform_output = tft.TFTransformOutput(transform_graph)
    check_features(transform_output.transformed_feature_spec())
    train, validation = (
        read_split(examples, transform_output, splits[name], budget) for name in ("train", "validation")
    )
    if label.task == "classification" and min(train.labels.least, validation.labels.least) < 0:
        raise ValueError(
            f"data.label: some examples have a {label.name} that is not one of the {len(label.classes):,} classes "
            f"(such as {label.classes[0]}); the data has changed, or data.classes is incomplete"
        )
    scale = Scale()
    data = [train.data, validation.data]
    if label.task == "regression":
        # The label may be constant in a small split: avoid a division by zero.
        scale = Scale(train.labels.mean, train.labels.std or 1.0)
        data = [_scaled(part, scale) for part in data]
    # Once for all trainings of the task: arrays in memory become tensors.
    sources = as_source(data[0], "train"), as_source(data[1], "validation")
    return Task(*sources, model_schema(transform_output, label), scale, transform_output)


def _scaled(data: Arrays | StreamSource, scale: Scale) -> Arrays | StreamSource:
    if isinstance(data, StreamSource):
        return data.with_label(scale)
    inputs, labels = data
    return inputs, scale(labels).numpy()


def label_card(task: Task) -> dict[str, Any]:
    """Returns the description of the label that is exported with the model, as plain JSON."""
    return {**json.loads(task.schema.label.to_json()), **dataclasses.asdict(task.scale)}


def schema_fingerprint(task: Task) -> str:
    """Returns the SHA-256 of the schema of the raw data, as SchemaGen wrote it."""
    folder = task.transform_output.transform_savedmodel_dir
    return hashlib.sha256(Path(folder).parent.joinpath("metadata/schema.pbtxt").read_bytes()).hexdigest()
