"""One training, as the Trainer runs it and as every trial of the Tuner runs it."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
import tensorflow_transform as tft

import schedules
from components import code
from components.examples import MEMORY_BUDGET, Arrays, read_split
from components.features import METRIC, LabelFeature, ModelSchema, model_schema
from components.model_check import check_features, check_model
from components.stream import StreamSource
from components.trainer.warm_start import take_weights
from schedules.sources import Source, as_source

_ASKED = 32  # examples that a model is tried with before it is trained


@dataclasses.dataclass(frozen=True)
class Scale:
    """Labels of a regression are learned as (label - mean) / std; classes as they are (0, 1)."""

    mean: float = 0.0
    std: float = 1.0

    def __call__(self, label: tf.Tensor) -> tf.Tensor:
        """What is learned in place of `label`."""
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
    examples,
    transform_graph,
    label: LabelFeature,
    splits: Mapping[str, str],
    budget: int = MEMORY_BUDGET,
) -> Task:
    """Reads the artifacts of Transform.

    Args:
        examples: list of the `Examples` artifacts of transformed examples.
        transform_graph: URI of the `TransformGraph` artifact.
        label: the label of the data set.
        splits: names of the splits to `train` on and to use for `validation`.
        budget: bytes; a split that takes more is streamed.

    Raises:
        ValueError: a split is empty, a label is none of the classes, or the preprocessing returned no label or no
            features.
    """
    transform_output = tft.TFTransformOutput(transform_graph)
    check_features(list(transform_output.transformed_feature_spec()))
    train, validation = (
        read_split(examples, transform_output, splits[name], budget) for name in ("train", "validation")
    )
    if label.task == "classification" and min(train.label_least, validation.label_least) < 0:
        raise ValueError(
            f"data.label: examples have a {label.name} that is none of the {len(label.classes):,} classes, such as "
            f"{label.classes[0]}; the data has changed, or data.classes lacks some"
        )
    scale = Scale()
    data = [train.data, validation.data]
    if label.task == "regression":
        # A constant label in a small split must not divide by zero.
        scale = Scale(train.label_mean, train.label_std or 1.0)
        data = [_scaled(part, scale) for part in data]
    # Once for all trainings of the task: what is in memory becomes tensors.
    sources = map(as_source, data, ("train", "validation"))
    return Task(*sources, model_schema(transform_output, label), scale, transform_output)


def _scaled(data: Arrays | StreamSource, scale: Scale) -> Arrays | StreamSource:
    if isinstance(data, StreamSource):
        return data.with_label(scale)
    inputs, labels = data
    return inputs, scale(labels).numpy()


def learn(
    task: Task,
    spec: "schedules.TrainingSpec",
    build_model: str,
    hyperparameters: Mapping[str, Any],
    base: Path | None = None,
    **options: Any,
) -> tuple[keras.Model, "schedules.FitResult"]:
    """Builds a model and trains it with early-stopping-driven decay over the spec's schedule.

    Args:
        task: the data.
        spec: optimizer, schedule, batch size, epochs and reaction to the plateau.
        build_model: dotted path of a function of (hyperparameters, schema) that returns a Keras model.
        hyperparameters: argument of `build_model`.
        base: folder of an exported model whose weights are the start; None starts with those of `build_model`.
        **options: passed to `schedules.fit`.

    Returns:
        The model with its best weights, and what `schedules.fit` returned.

    Raises:
        ValueError: the model's answers are not what the label asks for.
    """
    keras.utils.set_random_seed(spec.seed)
    model = code.load(build_model)(hyperparameters, task.schema)
    examples, *_ = next(iter(task.train.batches(_ASKED, 0, 0, None)))
    check_model(model, examples, task.schema.label, build_model)
    if base:
        take_weights(model, base)
    classes = task.schema.label.task == "classification"
    result = schedules.fit(
        model,
        task.train,
        task.validation,
        spec,
        loss="sparse_categorical_crossentropy" if classes else "mean_squared_error",
        metrics=[METRIC[task.schema.label.task]],
        **options,
    )
    return model, result


def label_card(task: Task) -> dict[str, Any]:
    """What a reader of the model must know of its label, as plain JSON."""
    return {**json.loads(task.schema.label.to_json()), **dataclasses.asdict(task.scale)}


def schema_fingerprint(task: Task) -> str:
    """SHA-256 of the schema of the raw data, as SchemaGen wrote it."""
    folder = task.transform_output.transform_savedmodel_dir
    return hashlib.sha256(Path(folder).parent.joinpath("metadata/schema.pbtxt").read_bytes()).hexdigest()


def record(result: "schedules.FitResult") -> dict[str, Any]:
    """What a training did, as plain JSON."""
    return {
        "history": result.history,
        "decisions": result.decisions,
        "best_epoch": result.best_epoch,
        "best_metric": result.best_metric,
        "stopped_by": result.stopped_by,
    }
