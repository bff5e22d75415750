"""Prepares a process that trains trials of the search."""

import dataclasses
import functools
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.learning.goal import Goal
from components.learning.monitored import PREFIX, REFINED_LOSS
from components.tuner.data import Data
from reactive_schedules import lean
from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor.child import Attempt, Trial
from reactive_schedules.search.executor.results import failure
from reactive_schedules.search.noise import cross_entropy_limit
from reactive_schedules.search.trial import run

if TYPE_CHECKING:
    from components.learning.replicas import Strategy
    from components.learning.task import Task
    from components.tuner.folds import Folds
    from reactive_schedules import FitResult, TrainingSpec

logger = logging.getLogger(__name__)

FOLDS = "folds"
"""Folder of a journal with the data of the folds, made once by whichever process needs it first."""

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
    lean.import_tensorflow()
    from components.learning.learn import learn

    task = known.data.load(inputs)
    folds = _Folds(known.data, inputs, task)
    training, model = json.loads(known.training), json.loads(known.model_hyperparameters)
    objective, _ = known.objective
    goal = dataclasses.replace(Goal.from_json(known.data.goal), objective=objective)

    def run_attempt(attempt: Attempt) -> Mapping[str, Any]:
        try:
            chosen = task if attempt.ask.fold is None else folds.task(attempt.ask.fold, attempt.folder)
        except (Exception, SystemExit) as error:  # any error of the user's preprocessing
            logger.exception("The data of fold %s could not be made.", attempt.ask.fold)
            return failure(summary_of(error))

        def train(spec: "TrainingSpec", hyperparameters: Mapping[str, Any], **options: Any) -> "FitResult":
            model = known.build_model, hyperparameters
            return learn(chosen, spec, *model, goal=goal, strategy=known.strategy, **options).result

        validation = {
            "rows": chosen.validation.examples,
            "limit": score_limit(chosen, goal),
            "divisible": bool(known.data.folds) and task.in_memory,
        }
        return run(attempt, training, model, known.executions, objective, train, validation)

    return run_attempt


class _Folds:
    """The data of the folds; of one at a time, because trainings of the same fold come one after another."""

    def __init__(self, data: Data, inputs: Mapping[str, str], task: "Task") -> None:
        self._data, self._inputs, self._task = data, inputs, task
        self._last: tuple[int, Task] | None = None

    @functools.cached_property
    def _divided(self) -> "Folds | None":
        if not (self._data.folds and self._task.in_memory):
            return None
        found = self._data.divided(self._inputs)
        return None if found.fault() else found

    def task(self, number: int, attempt: Path) -> "Task":
        """Returns the data of a fold; if the rows stay divided as they are, that of the search.

        Args:
            number: Number of the fold.
            attempt: Folder of the attempt; what is made for it is kept beside all trials.
        """
        if self._divided is None:
            return self._task
        if self._last is None or self._last[0] != number:
            folder = attempt.parent.parent / FOLDS
            self._last = number, self._data.load_fold(self._divided, number, folder)
        return self._last[1]


def score_limit(task: "Task", goal: Goal) -> float | None:
    """Returns the best score that the validation rows can tell from a better one, see `search.noise`."""
    cross_entropies = [f"{PREFIX}{name}" for name in (REFINED_LOSS, "cross_entropy")]
    if goal.loss in _CROSS_ENTROPIES:
        cross_entropies.append(f"{PREFIX}loss")
    if not task.schema.label.classes or goal.objective not in cross_entropies:
        return None
    return cross_entropy_limit(task.validation.examples)
