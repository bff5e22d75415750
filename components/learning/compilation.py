"""The loss and the metrics of a training: the configuration's, or those of a model that its author compiled."""

import dataclasses
import functools
import inspect
import logging
from typing import Any

import keras
import numpy as np

from components import code
from components.errors import DataError, UserError
from components.features import METRIC, LabelFeature
from components.learning.goal import LOSSES, Goal
from components.learning.task import Task

progress = logging.getLogger("progress")

_SCALE_FREE = ("mean_squared_error", "mean_absolute_error")
"""Losses that are best for the same predictions, whatever the unit and the origin of the label."""


@dataclasses.dataclass(frozen=True)
class Compilation:
    """How a model is compiled.

    Attributes:
        arguments: Arguments of `rs.fit`; empty for a model that its author compiled.
        from_logits: Whether the loss takes logits.
        standardises: Whether a regression learns standardised labels.
        is_single: Whether the model has one output for two classes.
    """

    arguments: dict[str, Any]
    from_logits: bool
    standardises: bool
    is_single: bool = False


def compilation(
    model: keras.Model, task: Task, goal: Goal, build_model: str, is_single: bool = False
) -> Compilation:
    """Chooses loss and metrics.

    Args:
        model: Return value of `build_model`.
        task: Data of the training.
        goal: What to minimise and to measure.
        build_model: Dotted path, for messages.
        is_single: Whether the model has one output for two classes.

    Raises:
        UserError: The model is compiled, and `goal` has a loss, too; or the loss does not fit the labels.
    """
    if model.compiled:
        return _of_author(model, goal, build_model)
    label = task.schema.label
    loss, standardises = loss_of(goal, label, is_single)
    if goal.loss == "poisson" and task.truth is not None and np.any(task.truth[0] < 0):
        raise DataError(f"training.loss: poisson is for counts, but {label.name} is negative in some rows")
    # Class weights are for the loss alone; without weights of the examples, no metric must see them.
    kind = "weighted_metrics" if task.weighted else "metrics"
    metric = _metric(label, goal.from_logits, task.scale.std if standardises else 1.0, is_single)
    return Compilation({"loss": loss, kind: [metric]}, goal.from_logits, standardises, is_single)


def _metric(
    label: LabelFeature, from_logits: bool, std: float, is_single: bool
) -> "str | keras.metrics.Metric":
    """Keras' metric of the task; its plain "accuracy" of several labels would be that of the largest output."""
    if label.is_multilabel or is_single:
        return keras.metrics.BinaryAccuracy(METRIC[label.task], threshold=0.0 if from_logits else 0.5)
    return METRIC[label.task] if label.classes else _MeanAbsoluteError(std)


def _of_author(model: keras.Model, goal: Goal, build_model: str) -> Compilation:
    for key in ("loss", "from_logits", "label_smoothing"):
        value = getattr(goal, key)
        if value:
            raise UserError(
                f"training.{key}: {build_model} returns a model that is compiled, with a loss of its own; remove "
                f"training.{key}, or do not compile the model"
            )
    _say(
        f"{build_model}: the model is compiled; its loss and metrics are used, its optimizer "
        f"({type(model.optimizer).__name__.lower()}) is replaced by training.optimizer"
    )
    config = model.loss.get_config() if isinstance(model.loss, keras.losses.Loss) else {}
    return Compilation({}, bool(config.get("from_logits", False)), standardises=False)


@functools.cache  # not for every trial of a search
def _say(line: str) -> None:
    progress.info(line)


def loss_of(goal: Goal, label: LabelFeature, is_single: bool = False) -> tuple[Any, bool]:
    """Returns the loss, and whether a regression learns standardised labels with it.

    Args:
        goal: What to minimise.
        label: Label of the data set.
        is_single: Whether the model has one output for two classes.

    Raises:
        UserError: The loss needs an output for each class.
    """
    name = goal.loss or LOSSES[label.task][0]
    if "." in name:
        loss: Any = code.load(name)
        loss = loss() if isinstance(loss, type) else loss
        return loss, bool(getattr(loss, "standardised_label", False))
    if not label.classes:
        return name, name in _SCALE_FREE
    if label.is_multilabel:
        losses = (keras.losses.BinaryCrossentropy, keras.losses.BinaryFocalCrossentropy)
        of_name = dict(zip(LOSSES[label.task], losses, strict=True))
        return of_name[name](from_logits=True) if goal.from_logits else name, False
    if is_single:
        if goal.loss and goal.loss != LOSSES["classification"][0]:
            raise UserError(
                f"training.loss: {goal.loss} takes an output for each of the 2 classes, but the model has 1; end it "
                "with a softmax over 2 units, or remove training.loss"
            )
        return keras.losses.BinaryCrossentropy(goal.from_logits, goal.label_smoothing), False
    if goal.label_smoothing:
        name = name.removeprefix("sparse_")
    if name == LOSSES["classification"][0]:
        return keras.losses.SparseCategoricalCrossentropy(
            from_logits=True
        ) if goal.from_logits else name, False
    return OneHotLoss(name, len(label.classes), goal.from_logits, goal.label_smoothing), False


@keras.saving.register_keras_serializable("components")
class OneHotLoss(keras.losses.Loss):
    """A loss of Keras that takes one-hot labels, for labels that are class indices.

    Args:
        function: Name of the loss.
        classes: Number of classes.
        from_logits: Whether the outputs are logits.
        smoothing: Share of each label that is spread evenly over all classes.
    """

    def __init__(
        self, function: str, classes: int, from_logits: bool = False, smoothing: float = 0.0, **options: Any
    ) -> None:
        super().__init__(**{"name": function, **options})
        self._arguments = {
            "function": function,
            "classes": classes,
            "from_logits": from_logits,
            "smoothing": smoothing,
        }

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Called by Keras."""
        function, logits = keras.losses.get(self._arguments["function"]), self._arguments["from_logits"]
        classes, smoothing = self._arguments["classes"], self._arguments["smoothing"]
        labels = keras.ops.one_hot(keras.ops.reshape(y_true, [-1]), classes, dtype=y_pred.dtype)
        labels = labels * (1 - smoothing) + smoothing / classes
        if "from_logits" in inspect.signature(function).parameters:
            return function(labels, y_pred, from_logits=logits)
        return function(labels, keras.ops.softmax(y_pred) if logits else y_pred)

    def get_config(self) -> dict[str, Any]:
        """Called by Keras."""
        return {**super().get_config(), **self._arguments}


@keras.saving.register_keras_serializable("components")
class _MeanAbsoluteError(keras.metrics.MeanAbsoluteError):
    """The mean absolute error in label units, of labels and outputs that are divided by `std`."""

    def __init__(self, std: float = 1.0, **options: Any) -> None:
        super().__init__(**{"name": METRIC["regression"], **options})
        self._std = std

    def result(self) -> Any:
        """Called by Keras."""
        return super().result() * self._std

    def get_config(self) -> dict[str, Any]:
        """Called by Keras."""
        return {**super().get_config(), "std": self._std}
