"""The metrics of the validation split that a training logs."""

import dataclasses
import functools
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components import metrics
from components.features import METRIC
from components.learning.calibration import refined_loss, temperature
from components.learning.goal import Goal
from components.learning.monitored import PREFIX, REFINED_LOSS, fits, metric_of
from components.learning.outputs import Outputs
from components.learning.splits import truth_of
from components.learning.task import Task, Truth
from components.metrics.threshold import AT_HALF, HALF
from reactive_schedules import ValidationMetric


class Measures:
    """Scores the validation split after each epoch, with the functions and the threshold of the Evaluator.

    Args:
        task: Data of the training.
        outputs: Meaning of the model's outputs.
        goal: What to measure.
        monitor: Name that the plateau monitors; None without a plateau.

    Attributes:
        functions: For `rs.fit`: Keras' metric of the task, the judged metric, and what is monitored, if it is one of
            `components.metrics` or the refined loss. Other names must be in the model's own logs.
    """

    def __init__(self, task: Task, outputs: Outputs, goal: Goal, monitor: str | None) -> None:
        self._task, self._outputs = task, outputs
        self._judged = metrics.find(goal.metric) if goal.metric else None
        names = [PREFIX + METRIC[task.schema.label.task], PREFIX + goal.metric if goal.metric else None]
        wanted = {name: metric_of(name) for name in (*names, monitor, goal.objective) if name}
        measured = {
            name.removeprefix(PREFIX): metric
            for name, metric in wanted.items()
            if metric is not None and fits(metric, task.schema.label)
        }
        self._own = [metric for metric in measured.values() if metric.function is not None]
        self.functions: dict[str, ValidationMetric] = {
            name: functools.partial(self._score, metric) for name, metric in measured.items()
        }
        if PREFIX + REFINED_LOSS in (monitor, goal.objective) and task.schema.label.task == "classification":
            self.functions[REFINED_LOSS] = self._refined_loss
        self._calibrates = task.schema.label.task == "classification" and goal.calibrate
        # A temperature changes no answers, so that only what judges probabilities needs it.
        self._in_epochs = self._calibrates and not all(each.needs_threshold for each in measured.values())
        self._last: tuple[Any, np.ndarray, float | None] = None, np.empty(0), None

    def check(self, model: keras.Model, batch_size: int) -> None:
        """Calls the user's own functions once, because an error after the first epoch would come hours too late.

        Args:
            model: Model to train.
            batch_size: Examples to predict at a time.
        """
        if self._own:
            (labels, weights), predictions = self.answered(model, batch_size)
            for metric in self._own:
                metric.score(labels, predictions, weights)

    def calibrated(self, truth: Truth, predictions: np.ndarray) -> Outputs:
        """Returns the meaning of the outputs with the temperature that the validation split asks for.

        Args:
            truth: Labels and weights of the validation split.
            predictions: Predictions of the trained model for it, which are not calibrated.
        """
        if not self._calibrates:
            return self._outputs
        labels, weights = truth
        return dataclasses.replace(self._outputs, temperature=temperature(labels, predictions, weights))

    def threshold_of(self, truth: Truth, predictions: np.ndarray) -> float | None:
        """Returns the threshold for the judged metric, chosen on the validation split.

        It is None unless the label is binary or rows have several labels.

        Answers are judged at the best threshold: F1, for example, is rarely best at 0.5 when classes are rare. It is
        0.5 for metrics of probabilities, which do not depend on it; for accuracy and others of `threshold.AT_HALF`;
        and for a user's own function, which gets the probabilities.

        Args:
            truth: Labels and weights of the validation split.
            predictions: Predictions of the trained model for it, as they are served.
        """
        if not self._task.schema.label.has_threshold:
            return None
        if not self._chooses:
            return HALF
        return self._threshold(truth, predictions)

    def scores(self, truth: Truth, predictions: np.ndarray, threshold: float | None) -> dict[str, float]:
        """Returns the scores by name: in the judged metric, and in cross-entropy or RMSE.

        Args:
            truth: Labels and weights of the validation split.
            predictions: Predictions for it, as they are served.
            threshold: Threshold that they are answered with.
        """
        label, (labels, weights) = self._task.schema.label, truth
        found = [self._judged, metrics.find("cross_entropy" if label.classes else "rmse")]
        return {
            metric.name: metric.score(labels, predictions, weights, label.positive, threshold)
            for metric in found
            if metric
        }

    def answered(self, model: keras.Model, batch_size: int) -> tuple[Truth, np.ndarray]:
        """Returns the validation split with the predictions of a model, which are not calibrated."""
        predict = tf.function(lambda inputs: model(inputs, training=False), reduce_retracing=True)
        batches = self._task.validation.batches(batch_size, 0, 0, None)
        rows = [(predict(x), y) for x, y, *_ in batches]
        predictions, labels = (
            np.concatenate([np.asarray(part) for part in parts]) for parts in zip(*rows, strict=True)
        )
        return self._truth(labels, None), self._predictions(predictions)

    @property
    def _chooses(self) -> bool:
        return (
            self._task.schema.label.has_threshold
            and self._judged is not None
            and self._judged.needs_threshold
            and self._judged.name not in AT_HALF
        )

    def _score(self, metric: metrics.Metric, labels: Any, outputs: Any, weights: Any) -> float:
        labels, weights = self._truth(labels, weights)
        last, predictions, threshold = self._last
        if last is not outputs:  # once per epoch, for all metrics
            predictions = self._predictions(outputs)
            if self._in_epochs:
                predictions = np.asarray(
                    self.calibrated((labels, weights), predictions).calibrated(predictions)
                )
            threshold = self._threshold((labels, weights), predictions) if self._chooses else None
            self._last = outputs, predictions, threshold
        return metric.score(labels, predictions, weights, self._task.schema.label.positive, threshold)

    def _refined_loss(self, labels: Any, outputs: Any, weights: Any) -> float:
        labels, weights = self._truth(labels, weights)
        return refined_loss(labels, self._predictions(outputs), weights)

    def _threshold(self, truth: Truth, predictions: np.ndarray) -> float:
        labels, weights = truth
        assert self._judged is not None
        return metrics.best_threshold(
            self._judged, labels, predictions, weights, self._task.schema.label.positive
        )

    def _truth(self, labels: Any, weights: Any) -> Truth:
        flat = truth_of(np.asarray(labels))
        return self._task.truth or (flat, None if weights is None else np.ravel(weights))

    def _predictions(self, outputs: np.ndarray) -> np.ndarray:
        return self._outputs.predictions(tf.constant(outputs)).numpy()
