"""Runs one training, for the Trainer and for each trial of the Tuner."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

import reactive_schedules as rs
from components import code
from components.learning.compilation import compilation, loss_of
from components.learning.goal import DEFAULT, Goal
from components.learning.measures import Measures
from components.learning.model_check import check_counts, check_is_model, check_model
from components.learning.outputs import Outputs
from components.learning.residuals import Residuals, residuals_of
from components.learning.task import Task
from components.learning.warm_start import take_weights

_ASKED = 32  # examples to check the model on before training


class Learned(NamedTuple):
    """A trained model.

    Attributes:
        model: The model with its best weights.
        result: Result of `rs.fit`.
        outputs: Meaning of the model's outputs.
        threshold: Threshold of a binary label or of several labels for the metric that the model will be judged by, see
            `Measures`.
        residuals: How far a regression was off on the validation split.
    """

    model: keras.Model
    result: "rs.FitResult"
    outputs: Outputs
    threshold: float | None = None
    residuals: Residuals | None = None


def learn(
    task: Task,
    spec: "rs.TrainingSpec",
    build_model: str,
    hyperparameters: Mapping[str, Any],
    base: Path | None = None,
    goal: Goal = DEFAULT,
    **options: Any,
) -> Learned:
    """Builds a model and trains it with the schedule and the plateau reaction of a spec.

    Args:
        task: Data to train on.
        spec: Optimizer, schedule, batch size, epochs and reaction to a plateau.
        build_model: Dotted path of a function of (hyperparameters, schema) that returns a Keras model.
        hyperparameters: First argument of `build_model`.
        base: Folder of an exported model that provides the initial weights; None to start with new weights.
        goal: What to minimise and to measure.
        **options: Further arguments of `rs.fit`.

    Raises:
        ValueError: The model's output does not fit the label, or its loss not the configuration.
    """
    keras.utils.set_random_seed(spec.seed)
    model = code.load(build_model)(hyperparameters, task.schema)
    check_is_model(model, build_model)
    compiled = compilation(model, task, goal, build_model)
    if not compiled.standardises:
        task = task.in_label_units()
    label = task.schema.label
    outputs = Outputs(len(label.classes), task.scale, compiled.from_logits, is_multilabel=label.is_multilabel)
    examples, *_ = next(iter(task.train.batches(_ASKED, 0, 0, None)))
    check_model(model, examples, label, build_model, compiled.from_logits)
    if goal.loss == "poisson":
        check_counts(model, examples, build_model)
    if base:
        take_weights(model, base)
    measures = Measures(task, outputs, goal, spec.plateau and spec.plateau.monitor)
    measures.check(model, 4 * spec.batch_size)
    result = rs.fit(
        model,
        task.train,
        task.validation,
        spec,
        **compiled.arguments,
        validation_metrics=measures.functions,
        **options,
    )
    if compiled.arguments:
        # The saved model can then be loaded without the metrics, of which one is of this package.
        loss = compiled.arguments["loss"]
        if goal.label_smoothing:  # only training needs it, and its loss is of this package
            loss, _ = loss_of(dataclasses.replace(goal, label_smoothing=0.0), label)
        keras.Model.compile(model, optimizer=model.optimizer, loss=loss)
    if goal.objective:  # a trial, whose model is not served
        return Learned(model, result, outputs)
    truth, predictions = measures.answered(model, 4 * spec.batch_size)
    if label.task == "regression":
        labels, weights = truth
        return Learned(model, result, outputs, residuals=residuals_of(labels, predictions, weights))
    outputs = measures.calibrated(truth, predictions)  # which moves the threshold
    threshold = measures.threshold_of(truth, np.asarray(outputs.calibrated(predictions)))
    return Learned(model, result, outputs, threshold)


def record(result: "rs.FitResult") -> dict[str, Any]:
    """Returns the record of a training, as plain JSON."""
    return {
        "history": result.history,
        "decisions": result.decisions,
        "best_epoch": result.best_epoch,
        "best_metric": result.best_metric,
        "stopped_by": result.stopped_by,
    }
