"""Prepares a process that trains trials of the search."""

import dataclasses
import functools
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from components.learning.goal import Goal
from components.learning.monitored import PREFIX, REFINED_LOSS
from components.tuner.data import Data
from reactive_schedules.search.executor.child import Attempt, Trial
from reactive_schedules.search.noise import cross_entropy_limit
from reactive_schedules.search.trial import run

if TYPE_CHECKING:
    from components.learning.replicas import Strategy
    from components.learning.task import Task
    from reactive_schedules import FitResult, TrainingSpec


_CROSS_ENTROPIES = (
    None,
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
)
"""Losses of a classification that measure its probabilities; None is the default, one of them."""


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
        strategy: How a trial uses several devices; None for one.
    """

    data: Data
    training: str
    build_model: str
    model_hyperparameters: str
    executions: int
    objective: tuple[str, str]
    strategy: "Strategy | None" = None


def prepare(setting: Mapping[str, Any], inputs: Mapping[str, str]) -> Trial:
    """Reads the data and returns the function that trains a trial.

    Args:
        setting: `Setting` as a dict.
        inputs: Paths of the data, see `Data.load`.
    """
    known = Setting(**{**setting, "data": Data(**setting["data"])})
    from components.learning.learn import learn

    task = known.data.load(inputs)
    # Trainings of the same division come one after another.
    divided = functools.lru_cache(maxsize=1)(functools.partial(known.data.load, inputs))
    training, model = json.loads(known.training), json.loads(known.model_hyperparameters)
    objective, _ = known.objective
    goal = dataclasses.replace(Goal.from_json(known.data.goal), objective=objective)

    def run_attempt(attempt: Attempt) -> Mapping[str, Any]:
        divides = attempt.ask.fold is not None and known.data.folds and task.divisible
        chosen = divided(attempt.ask.fold) if divides else task

        def train(spec: "TrainingSpec", hyperparameters: Mapping[str, Any], **options: Any) -> "FitResult":
            model = known.build_model, hyperparameters
            return learn(chosen, spec, *model, goal=goal, strategy=known.strategy, **options).result

        validation = {
            "rows": chosen.validation.examples,
            "limit": score_limit(chosen, goal),
            "divisible": chosen.divisible,
        }
        return run(attempt, training, model, known.executions, objective, train, validation)

    return run_attempt


def score_limit(task: "Task", goal: Goal) -> float | None:
    """Returns the best score that the validation rows can tell from a better one, see `search.noise`."""
    cross_entropies = [f"{PREFIX}{name}" for name in (REFINED_LOSS, "cross_entropy")]
    if goal.loss in _CROSS_ENTROPIES:
        cross_entropies.append(f"{PREFIX}loss")
    if not task.schema.label.classes or goal.objective not in cross_entropies:
        return None
    return cross_entropy_limit(task.validation.examples)
