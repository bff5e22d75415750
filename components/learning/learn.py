"""Runs one training, for the Trainer and for each trial of the Tuner."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import keras
import numpy as np

import reactive_schedules as rs
from components import code
from components.learning.compilation import Compilation, compilation, loss_of
from components.learning.goal import DEFAULT, Goal
from components.learning.measures import Measures
from components.learning.model_check import (
    check_counts,
    check_is_model,
    check_model,
    has_single_output,
)
from components.learning.outputs import Outputs
from components.learning.replicas import Strategy, scope
from components.learning.residuals import Residuals, residuals_of
from components.learning.task import Task
from components.learning.warm_start import Base, take_weights

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
        scores: Scores of the validation split, see `Measures.scores`; empty for a trial.
    """

    model: keras.Model
    result: "rs.FitResult"
    outputs: Outputs
    threshold: float | None = None
    residuals: Residuals | None = None
    scores: Mapping[str, float] = MappingProxyType({})


def learn(
    task: Task,
    spec: "rs.TrainingSpec",
    build_model: str,
    hyperparameters: Mapping[str, Any],
    base: Base | None = None,
    goal: Goal = DEFAULT,
    strategy: Strategy | None = None,
    **options: Any,
) -> Learned:
    """Builds a model and trains it with the schedule and the plateau reaction of a spec.

    Args:
        task: Data to train on.
        spec: Optimizer, schedule, batch size, epochs and reaction to a plateau.
        build_model: Dotted path of a function of (hyperparameters, schema) that returns a Keras model.
        hyperparameters: First argument of `build_model`.
        base: Exported model that provides the initial weights; None to start with new weights.
        goal: What to minimise and to measure.
        strategy: How to use several devices; None for one.
        **options: Further arguments of `rs.fit`.

    Raises:
        ValueError: The model's output does not fit the label, or its loss not the configuration.
    """
    with scope(strategy):
        model = built(task, spec.seed, build_model, hyperparameters)
    compiled = checked(model, task, goal, build_model)
    if not compiled.standardises:
        task = task.in_label_units()
    label = task.schema.label
    outputs = Outputs(len(label.classes), task.scale, compiled.from_logits, is_multilabel=label.is_multilabel)
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
            loss, _ = loss_of(dataclasses.replace(goal, label_smoothing=0.0), label, compiled.is_single)
        keras.Model.compile(model, optimizer=model.optimizer, loss=loss)
    if goal.objective:  # a trial, whose model is not served
        return Learned(model, result, outputs)
    return fitted(Learned(model, result, outputs), task, goal, 4 * spec.batch_size)


def built(task: Task, seed: int, build_model: str, hyperparameters: Mapping[str, Any]) -> keras.Model:
    """Builds a model, whose initial weights follow from the seed.

    Raises:
        ValueError: `build_model` returns something else.
    """
    keras.utils.set_random_seed(seed)
    model = code.load(build_model)(hyperparameters, task.schema)
    check_is_model(model, build_model)
    return model


def checked(model: keras.Model, task: Task, goal: Goal, build_model: str) -> Compilation:
    """Checks a model before it is trained, and returns how to compile it.

    Raises:
        ValueError: The model's output does not fit the label, or its loss not the configuration.
    """
    examples, *_ = next(iter(task.train.batches(_ASKED, 0, 0, None)))
    is_single = has_single_output(model, examples, task.schema.label)
    compiled = compilation(model, task, goal, build_model, is_single)
    check_model(model, examples, task.schema.label, build_model, compiled.from_logits)
    if goal.loss == "poisson":
        check_counts(model, examples, build_model)
    return compiled


def fitted(learned: Learned, task: Task, goal: Goal, batch_size: int) -> Learned:
    """Fits to the validation split what turns the outputs of a trained model into answers.

    Args:
        learned: Model, and the meaning of its outputs before calibration.
        task: Data that it was trained on.
        goal: What the model will be judged by.
        batch_size: Examples to predict at a time.
    """
    model, outputs = learned.model, learned.outputs
    measures = Measures(task, outputs, goal, None)
    truth, predictions = measures.answered(model, batch_size)
    if task.schema.label.task == "regression":
        labels, weights = truth
        scores = measures.scores(truth, predictions, None)
        return learned._replace(residuals=residuals_of(labels, predictions, weights), scores=scores)
    outputs = measures.calibrated(truth, predictions)  # which moves the threshold
    predictions = np.asarray(outputs.calibrated(predictions))
    threshold = measures.threshold_of(truth, predictions)
    scores = measures.scores(truth, predictions, threshold)
    return learned._replace(outputs=outputs, threshold=threshold, scores=scores)
