"""Checks, in seconds and before a search, that its objective will be in the logs."""

import json
import logging
from typing import Any

from tfx.types import Artifact

from components.errors import UserError, few
from components.features import METRIC, LabelFeature
from components.learning.goal import Goal
from components.learning.monitored import PREFIX, metric_of
from reactive_schedules import TrainingSpec

logger = logging.getLogger(__name__)

_ALWAYS = ("loss", "val_loss")

_OF_SCHEDULE = ("learning_rate", "batch_size", "examples_seen")

_BLOCKS = 1  # of each split
_EXAMPLES = 32


def check_objective(
    objective: str,
    examples: list[Artifact],
    transform_graph: str,
    hyperparameters: dict[str, Any],
    exec_properties: dict[str, Any],
) -> None:
    """Trains the model as configured for one step, if only that tells what it logs.

    Any other error is left to the trials, which report it and may have values without it.

    Args:
        objective: Metric that the search optimises.
        examples: Transformed examples.
        transform_graph: URI of the `TransformGraph` artifact.
        hyperparameters: First argument of `build_model`.
        exec_properties: Properties of the Tuner.

    Raises:
        UserError: The objective is not in the logs, or has several values.
    """
    label = LabelFeature.from_json(exec_properties["label"])
    keras_logs = [METRIC[label.task], PREFIX + METRIC[label.task]]
    if objective in (*_ALWAYS, *keras_logs) or metric_of(objective):
        return
    try:
        logs = _logs(examples, transform_graph, label, hyperparameters, exec_properties)
    except Exception:
        logger.exception("The objective could not be checked.")
        return
    where = f"search.objective: {objective!r}"
    if objective not in logs:
        raise UserError(
            f"{where} is not in the logs of {exec_properties['build_model']}; use one of {few(sorted(logs))}, or "
            "val_ and the name of a metric in docs/tuner.md"
        )
    if isinstance(logs[objective], list):
        raise UserError(f"{where} has several values; use a metric with a single value")


def _logs(
    examples: list[Artifact],
    transform_graph: str,
    label: LabelFeature,
    hyperparameters: dict[str, Any],
    exec_properties: dict[str, Any],
) -> dict[str, Any]:
    """Returns the logs of one step on the first examples."""
    from components.learning.learn import learn
    from components.learning.task import first_examples, load_task

    goal = Goal.from_json(exec_properties["goal"])
    splits = json.loads(exec_properties["splits"])
    task = load_task(examples, transform_graph, label, splits, goal=goal, blocks=_BLOCKS)
    spec = TrainingSpec.parse(
        {"learning_rate": {"family": "constant", "peak": 1e-9}, "batch_size": _EXAMPLES, "epochs": 1}
    )
    done = learn(
        first_examples(task, _EXAMPLES), spec, exec_properties["build_model"], hyperparameters, goal=goal
    )
    return {name: values[-1] for name, values in done.result.history.items() if name not in _OF_SCHEDULE}
