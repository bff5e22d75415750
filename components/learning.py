"""One training, as the Trainer runs it and as every trial of the Tuner runs it."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow_transform as tft

import schedules
from components import code
from components.examples import Arrays, read_split
from components.features import LabelFeature, ModelSchema, model_schema


@dataclasses.dataclass(frozen=True)
class Scale:
    """Labels of a regression are learned as (label - mean) / std; classes as they are (0, 1)."""

    mean: float = 0.0
    std: float = 1.0


@dataclasses.dataclass(frozen=True)
class Task:
    """All a training needs besides its spec: data in memory, and what the model looks like."""

    train: Arrays
    validation: Arrays
    schema: ModelSchema
    scale: Scale
    transform_output: tft.TFTransformOutput


def load_task(examples, transform_graph, label: LabelFeature, splits: Mapping[str, str]) -> Task:
    """Reads the artifacts of Transform.

    Args:
        examples: list of the `Examples` artifacts of transformed examples.
        transform_graph: URI of the `TransformGraph` artifact.
        label: the label of the data set.
        splits: names of the splits to `train` on and to use for `validation`.
    """
    transform_output = tft.TFTransformOutput(transform_graph)
    train = read_split(examples, transform_output, splits["train"])
    validation = read_split(examples, transform_output, splits["validation"])
    scale = Scale()
    if label.task == "regression":
        # A constant label in a small split must not divide by zero.
        scale = Scale(float(np.mean(train[1])), float(np.std(train[1])) or 1.0)
        train, validation = (
            (inputs, ((values - scale.mean) / scale.std).astype(np.float32))
            for inputs, values in (train, validation)
        )
    return Task(train, validation, model_schema(transform_output, label), scale, transform_output)


def learn(
    task: Task,
    spec: "schedules.TrainingSpec",
    build_model: str,
    hyperparameters: Mapping[str, Any],
    callbacks: Sequence[keras.callbacks.Callback] = (),
    **options: Any,
) -> tuple[keras.Model, "schedules.FitResult"]:
    """Builds a model and trains it with early-stopping-driven decay over the spec's schedule.

    Args:
        task: the data.
        spec: optimizer, schedule, batch size, epochs and reaction to the plateau.
        build_model: dotted path of a function of (hyperparameters, schema) that returns a Keras model.
        hyperparameters: argument of `build_model`.
        callbacks: Keras callbacks.
        **options: passed to `schedules.fit`.

    Returns:
        The model with its best weights, and what `schedules.fit` returned.
    """
    keras.utils.set_random_seed(spec.seed)
    model = code.load(build_model)(hyperparameters, task.schema)
    if task.schema.label.task == "classification":
        loss, metrics = "sparse_categorical_crossentropy", ["accuracy"]
    else:
        loss, metrics = "mean_squared_error", ["mean_absolute_error"]
    result = schedules.fit(
        model,
        task.train,
        task.validation,
        spec,
        loss=loss,
        metrics=metrics,
        callbacks=list(callbacks),
        **options,
    )
    return model, result


def label_card(task: Task) -> dict[str, Any]:
    """What a reader of the model must know of its label, as plain JSON."""
    return {**json.loads(task.schema.label.to_json()), **dataclasses.asdict(task.scale)}


def record(result: "schedules.FitResult") -> dict[str, Any]:
    """What a training did, as plain JSON."""
    return {
        "history": result.history,
        "decisions": result.decisions,
        "best_epoch": result.best_epoch,
        "best_metric": result.best_metric,
        "stopped_by": result.stopped_by,
    }
