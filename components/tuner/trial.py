"""Trains a trial of the search, in a process of its own."""

import dataclasses
import json
import logging
import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from components import plain_json
from components.tuner.data import Data
from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor.child import Attempt, Trial
from reactive_schedules.search.executor.results import failure

if TYPE_CHECKING:
    from components.learning.task import Task
    from reactive_schedules import EpochEnd, FitResult, TrainingSpec

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Setting:
    """The settings of all trials of a study; strings and numbers only, so that they travel as JSON.

    Attributes:
        data: The data.
        training: Spec that the trials vary, as JSON, of a whole number of epochs.
        build_model: Dotted path of the function that builds the model.
        model_hyperparameters: First argument of `build_model`, as JSON.
        executions: Number of trainings per trial, each with a different seed.
        objective: Metric and direction, `min` or `max`.
    """

    data: Data
    training: str
    build_model: str
    model_hyperparameters: str
    executions: int
    objective: tuple[str, str]


def prepare(setting: Mapping[str, Any]) -> Trial:
    """Reads the data and returns the function that trains a trial; `setting` is a `Setting` as a dict."""
    known = Setting(**{**setting, "data": Data(**setting["data"])})
    task = known.data.load()
    # JSON has no NaN, which a history may contain.
    return lambda attempt: json.loads(plain_json.dumps(run(known, task, attempt)))


def run(setting: Setting, task: "Task", attempt: Attempt) -> dict[str, Any]:
    """Trains one trial; an error becomes part of its result.

    Returns:
        `score` (mean over the executions; None if the metric of one was never finite), `error` (a message, or None),
        `seconds`, and `executions`, a list of `seed`, `score`, `history`, `decisions`, `best_epoch`, `best_metric`,
        `stopped_by` and `updates`.
    """
    from reactive_schedules.search import space

    outcome, start = failure(""), time.perf_counter()
    try:
        spec, hyperparameters = space.from_hyperparameters(
            json.loads(setting.training), json.loads(setting.model_hyperparameters), attempt.ask.values
        )
        for index in range(setting.executions):
            outcome["executions"].append(_execution(setting, task, attempt, index, spec, hyperparameters))
        outcome["error"] = None
    except (Exception, SystemExit) as error:  # any error that the values or the user's code cause
        logger.exception("Trial with %s failed.", attempt.ask.values)
        outcome["error"] = summary_of(error)
    else:
        scores = [execution["score"] for execution in outcome["executions"]]
        if None in scores:
            stopped_by = outcome["executions"][scores.index(None)]["stopped_by"]
            name = setting.objective[0]
            outcome["error"] = f"Diverged: {name} was never finite (stopped by {stopped_by})"
        else:
            outcome["score"] = sum(scores) / len(scores)
    outcome["seconds"] = time.perf_counter() - start
    return outcome


def _execution(
    setting: Setting,
    task: "Task",
    attempt: Attempt,
    index: int,
    spec: "TrainingSpec",
    hyperparameters: Mapping[str, Any],
) -> dict[str, Any]:
    from components.learning.goal import Goal
    from components.learning.learn import learn, record

    objective, _ = setting.objective
    spec = spec.model_copy(update={"seed": spec.seed + index})

    def report(end: "EpochEnd") -> None:
        score = end.logs.get(objective)
        attempt.report(end.epoch + 1, score if isinstance(score, float) and math.isfinite(score) else None)

    result = learn(
        task,
        spec,
        setting.build_model,
        hyperparameters,
        goal=dataclasses.replace(Goal.from_json(setting.data.goal), objective=objective),
        until=attempt.ask.until,
        checkpoint_dir=attempt.folder / f"execution-{index}",
        on_epoch=report,
    ).result
    score = _score(result, objective)
    return {
        "seed": spec.seed,
        "score": score if math.isfinite(score) else None,
        **record(result),
        "updates": result.updates,
    }


def _score(result: "FitResult", metric: str) -> float:
    """Returns the metric of the model's final weights: the best ones, or the last ones without a plateau."""
    if metric not in result.history:
        raise ValueError(
            f"objective: {metric!r} is not among the logs; choose one of {', '.join(sorted(result.history))}"
        )
    if result.plateau is None:
        return result.history[metric][-1]
    return math.nan if result.best_epoch is None else result.history[metric][result.best_epoch]
