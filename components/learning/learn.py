"""One training, as the Trainer runs it and as every trial of the Tuner runs it."""

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

_ASKED = 32  # examples that a model is tried with before it is trained


def learn(
    task: Task,
    spec: "rs.TrainingSpec",
    build_model: str,
    hyperparameters: Mapping[str, Any],
    base: Path | None = None,
    **options: Any,
) -> tuple[keras.Model, "rs.FitResult"]:
    """Builds a model and trains it with early-stopping-driven decay over the spec's schedule.

    Args:
        task: the data.
        spec: optimizer, schedule, batch size, epochs and reaction to the plateau.
        build_model: dotted path of a function of (hyperparameters, schema) that returns a Keras model.
        hyperparameters: argument of `build_model`.
        base: folder of an exported model whose weights are the start; None starts with those of `build_model`.
        **options: passed to `rs.fit`.

    Returns:
        The model with its best weights, and what `rs.fit` returned.

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
    """What a training did, as plain JSON."""
    return {
        "history": result.history,
        "decisions": result.decisions,
        "best_epoch": result.best_epoch,
        "best_metric": result.best_metric,
        "stopped_by": result.stopped_by,
    }
