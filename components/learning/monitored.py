"""The names that a training logs: those of Keras, and those of `components.metrics` for the validation split."""

from collections.abc import Iterable
from typing import Any

from components import metrics
from components.features import METRIC, LabelFeature
from components.learning.goal import Goal
from reactive_schedules.plateau import directions
from reactive_schedules.plateau.directions import Direction

PREFIX = "val_"

REFINED_LOSS = "refined_loss"
"""The cross-entropy of the validation split after calibration; see `components.learning.calibration`."""

_ALSO = {"mean_absolute_error": "mae"}
"""Keras' name of a metric that is logged in every training, and ours."""

_SMALLER_IS_BETTER = ("loss", "mean_absolute_error", REFINED_LOSS)


def metric_of(name: str) -> metrics.Metric | None:
    """Returns the metric behind a name in the logs, such as `val_f1` or `val_package.module.function`.

    Returns:
        None for everything else, such as `loss`, `val_loss`, or what a model of the user logs.

    Raises:
        components.code.CodeError, ImportError: A dotted path does not name a function.
    """
    if not name.startswith(PREFIX):
        return None
    plain = name.removeprefix(PREFIX)
    try:
        return metrics.find(_ALSO.get(plain, plain))
    except metrics.UnknownMetric:
        return None


def direction_of(name: str) -> Direction | None:
    """Returns whether smaller ("min") or larger ("max") values of a name are better; None if only the user knows."""
    plain = name.removeprefix(PREFIX)
    if plain in _SMALLER_IS_BETTER:
        return "min"
    if plain in METRIC.values():
        return "max"
    metric = metric_of(name)
    return None if metric is None else "max" if metric.larger_is_better else "min"


def mode_of(name: str, given: Any) -> Any:
    """Returns the mode with which the library follows a metric.

    Args:
        name: The metric, as in the logs.
        given: Its mode as configured; None if it is not.

    Returns:
        `given`, or that of a metric whose name does not tell it, such as a function of the user.

    Raises:
        reactive_schedules.plateau.directions.Contradiction: `given` contradicts the metric.
        components.code.CodeError, ImportError: A dotted path does not name a function.
    """
    known = direction_of(name)
    if given in ("min", "max"):
        directions.check(name, given, known)
    return given if known in (None, directions.direction_of(name)) else known


def logged(label: LabelFeature) -> list[str]:
    """Returns the names in the logs of a model that is not the user's own."""
    keras = [f"{split}{name}" for name in ("loss", METRIC[label.task]) for split in ("", PREFIX)]
    ours = [f"{PREFIX}{name}" for name in metrics.names(label.task, len(label.classes))]
    if label.task == "classification":
        ours.append(f"{PREFIX}{REFINED_LOSS}")
    return list(dict.fromkeys([*keras, *ours]))


def fits(metric: metrics.Metric, label: LabelFeature) -> bool:
    """Whether a metric can judge predictions of a label."""
    if not metric.tasks:  # a function of the user
        return True
    return label.task in metric.tasks and not (metric.binary_only and len(label.classes) != 2)


def own_code(goal: Goal, monitored: Iterable[str]) -> list[str]:
    """Returns the dotted paths of the user's own loss and metrics.

    Args:
        goal: What to minimise and to measure.
        monitored: Names of metrics in the logs, such as `val_loss`.
    """
    loss = [goal.loss] if goal.loss and "." in goal.loss else []
    named = [
        name.removeprefix(PREFIX) for name in (*monitored, goal.objective or "") if name.startswith(PREFIX)
    ]
    return sorted({*loss, *(name for name in (goal.metric or "", *named) if metrics.is_own(name))})
