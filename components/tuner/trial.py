"""Prepares a process that trains trials of the search."""

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from components.tuner.data import Data
from reactive_schedules.search.executor.child import Trial
from reactive_schedules.search.trial import run

if TYPE_CHECKING:
    from reactive_schedules import FitResult, TrainingSpec


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
    from components.learning.goal import Goal
    from components.learning.learn import learn

    task = known.data.load()
    training, model = json.loads(known.training), json.loads(known.model_hyperparameters)
    objective, _ = known.objective
    goal = dataclasses.replace(Goal.from_json(known.data.goal), objective=objective)

    def train(spec: "TrainingSpec", hyperparameters: Mapping[str, Any], **options: Any) -> "FitResult":
        return learn(task, spec, known.build_model, hyperparameters, goal=goal, **options).result

    return lambda attempt: run(attempt, training, model, known.executions, objective, train)
