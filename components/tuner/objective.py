"""Checks, in seconds and before a search, that what it optimises will be in the logs."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from tfx.types import Artifact

from components.errors import UserError, few
from components.features import LabelFeature
from components.learning.goal import Goal
from components.learning.monitored import fits, logged, metric_of
from reactive_schedules import TrainingSpec

logger = logging.getLogger(__name__)

_OF_SCHEDULE = ("learning_rate", "batch_size", "examples_seen")

_BLOCKS = 1  # of each split
_EXAMPLES = 32


def check_names(
    names: Mapping[str, str],
    examples: list[Artifact],
    transform_graph: str,
    hyperparameters: dict[str, Any],
    exec_properties: dict[str, Any],
) -> None:
    """Trains the model as configured for one step, if only that tells what it logs.

    Any other error is left to the trials, which report it and may have values without it.

    Args:
        names: Names that must be in the logs, by configuration key.
        examples: Transformed examples.
        transform_graph: URI of the `TransformGraph` artifact.
        hyperparameters: First argument of `build_model`.
        exec_properties: Properties of the Tuner.

    Raises:
        UserError: A name is not in the logs, or has several values.
    """
    label = LabelFeature.from_json(exec_properties["label"])
    unknown = {key: name for key, name in names.items() if not _is_certain(name, label)}
    if not unknown:
        return
    try:
        logs = _logs(examples, transform_graph, label, hyperparameters, exec_properties)
    except Exception:
        logger.info("What the model logs could not be checked.", exc_info=True)
        return
    for key, name in unknown.items():
        if name not in logs:
            raise UserError(
                f"{key}: {name!r} is not in the logs of {exec_properties['build_model']}; use one of "
                f"{few(sorted(logs))}, or val_ and the name of a metric in docs/tuner.md"
            )
        if isinstance(logs[name], list):
            raise UserError(f"{key}: {name!r} has several values; use a metric with a single value")


def _is_certain(name: str, label: LabelFeature) -> bool:
    """Whether a name is in the logs of practically every model."""
    metric = metric_of(name)
    return name in logged(label) or (metric is not None and fits(metric, label))


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
