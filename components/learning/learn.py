"""Runs one training, for the Trainer and for each trial of the Tuner."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

import reactive_schedules as rs
from components import code
from components.features import METRIC
from components.learning.model_check import check_model
from components.learning.task import Task
from components.learning.warm_start import take_weights

_ASKED = 32  # examples to check the model on before training


def learn(
    task: Task,
    spec: "rs.TrainingSpec",
    build_model: str,
    hyperparameters: Mapping[str, Any],
    base: Path | None = None,
    **options: Any,
) -> tuple[keras.Model, "rs.FitResult"]:
    """Builds a model and trains it with the schedule and the plateau reaction of a spec.

    Args:
        task: Data to train on.
        spec: Optimizer, schedule, batch size, epochs and reaction to a plateau.
        build_model: Dotted path of a function of (hyperparameters, schema) that returns a Keras model.
        hyperparameters: First argument of `build_model`.
        base: Folder of an exported model that provides the initial weights; None to start with new weights.
        **options: Further arguments of `rs.fit`.

    Returns:
        The model with its best weights, and the result of `rs.fit`.

    Raises:
        ValueError: The model's output does not fit the label.
    """
    keras.utils.set_random_seed(spec.seed)
    model = code.load(build_model)(hyperparameters, task.schema)
    examples, *_ = next(iter(task.train.batches(_ASKED, 0, 0, None)))
    check_model(model, examples, task.schema.label, build_model)
    if base:
        take_weights(model, base)
    classes = task.schema.label.task == "classification"
    result = rs.fit(
        model,
        task.train,
        task.validation,
        spec,
        loss="sparse_categorical_crossentropy" if classes else "mean_squared_error",
        metrics=[METRIC[task.schema.label.task]],
        **options,
    )
    return model, result


def record(result: "rs.FitResult") -> dict[str, Any]:
    """Returns the record of a training, as plain JSON."""
    return {
        "history": result.history,
        "decisions": result.decisions,
        "best_epoch": result.best_epoch,
        "best_metric": result.best_metric,
        "stopped_by": result.stopped_by,
    }
