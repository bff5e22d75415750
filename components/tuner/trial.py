"""Runs one trial as an element of a Beam stage."""

import dataclasses
import json
import logging
import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import apache_beam as beam

from components.tuner.data import Data
from components.tuner.journal import Journal
from components.tuner.leftovers import STOP_ABOVE, Leftovers
from reactive_schedules.failures import summary_of
from reactive_schedules.search.searcher import Ask

if TYPE_CHECKING:
    from reactive_schedules import EpochEnd, FitResult, TrainingSpec

logger = logging.getLogger(__name__)
progress = logging.getLogger("progress")

MAX_DEATHS = 3
"""Number of times that a trial may die at the same epoch, with the whole component, before it counts as failed."""

# Keras' seeds are global to the process, and a runner may use several threads.
_ONE_AT_A_TIME = threading.Lock()

_LEFTOVERS = Leftovers()


@dataclasses.dataclass(frozen=True)
class Setting:
    """The settings of all trials of a study; strings and numbers only, so that every Beam runner can send them.

    Attributes:
        data: The data.
        training: Spec that the trials vary, as JSON, of a whole number of epochs.
        build_model: Dotted path of the function that builds the model.
        model_hyperparameters: First argument of `build_model`, as JSON.
        executions: Number of trainings per trial, each with a different seed.
        objective: Metric and direction, `min` or `max`.
        journal: Folder of the journal, which all workers can access.
    """

    data: Data
    training: str
    build_model: str
    model_hyperparameters: str
    executions: int
    objective: tuple[str, str]
    journal: str


class RunTrial(beam.DoFn):
    """Trains one trial to its rung, writes the result to the journal, and emits the trial's id.

    Args:
        setting: Settings of the study.
        heading: Start of the progress messages, such as `resumed after 3 trials: `.
        total: Number of trials.
        last: `until` of the last rung.
    """

    def __init__(self, setting: Setting, heading: str, total: int, last: int | None) -> None:
        self._setting, self._heading, self._total, self._last = setting, heading, total, last

    def process(self, element: Mapping[str, Any]) -> Iterator[str]:
        """Runs one trial; the element is an `Ask` as a dict."""
        ask = Ask(**element)
        journal = Journal(self._setting.journal)
        with _ONE_AT_A_TIME:
            self._setting.data.load()  # first, so that its time and its errors do not count for the trial
            epochs = _epochs_done(self._setting, journal, ask)
            with journal.training(ask, epochs) as died:
                # A runner that lost a worker may repeat a trial that has ended.
                if journal.result(ask) is None:
                    outcome = self._outcome(journal, ask, died, epochs)
                    _LEFTOVERS.trial_ended()
                    journal.write(ask, {**outcome, "left": _LEFTOVERS.share()})
                    if ended(outcome) or ask.until == self._last:
                        journal.forget_state(ask)
        yield ask.trial_id

    def _outcome(self, journal: Journal, ask: Ask, died: int, epochs: int) -> dict[str, Any]:
        if died >= MAX_DEATHS:
            return failure(
                f"WorkerEnded: the worker process died {died} times after {epochs} epochs; the machine may have run "
                "out of memory"
            )
        if (left := _LEFTOVERS.share()) > STOP_ABOVE:
            return failure(
                f"MemoryError: not run, because earlier trials left {left:.0%} of the memory in use; find what "
                "build_model keeps, or run trials in separate processes"
            )
        heading = f"{self._heading}trial {ask.number} of {self._total}"
        if ask.rung is not None:
            heading += f", rung {ask.rung}"
        return run(self._setting, journal, ask, heading)


def failure(reason: str) -> dict[str, Any]:
    """Returns the result of a trial that was not trained to its rung."""
    return {"error": reason, "score": None, "seconds": 0.0, "executions": []}


def ended(outcome: Mapping[str, Any]) -> bool:
    """Whether the trial cannot be continued at a higher rung."""
    return bool(outcome["error"]) or all(each["stopped_by"] != "until" for each in outcome["executions"])


def run(setting: Setting, journal: Journal, ask: Ask, heading: str) -> dict[str, Any]:
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
            json.loads(setting.training), json.loads(setting.model_hyperparameters), ask.values
        )
        for index in range(setting.executions):
            part = f", execution {index + 1} of {setting.executions}" if setting.executions > 1 else ""
            outcome["executions"].append(
                _execution(setting, journal, ask, index, spec, hyperparameters, heading + part)
            )
        outcome["error"] = None
    except (Exception, SystemExit) as error:  # any error that the values or the user's code cause
        logger.exception("Trial with %s failed.", ask.values)
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
    journal: Journal,
    ask: Ask,
    index: int,
    spec: "TrainingSpec",
    hyperparameters: Mapping[str, Any],
    heading: str,
) -> dict[str, Any]:
    from components.learning.goal import Goal
    from components.learning.learn import learn, record

    best = best_so_far(journal.results(), setting.objective)
    task = setting.data.load()
    spec = spec.model_copy(update={"seed": spec.seed + index})
    last = ask.until or spec.epochs

    def report(end: "EpochEnd") -> None:
        progress.info("%s, epoch %d of at most %d%s", heading, end.epoch + 1, last, best)

    result = learn(
        task,
        spec,
        setting.build_model,
        hyperparameters,
        goal=dataclasses.replace(Goal.from_json(setting.data.goal), objective=setting.objective[0]),
        until=ask.until,
        checkpoint_dir=journal.checkpoints(ask, index),
        on_epoch=report,
    ).result
    score = _score(result, setting.objective[0])
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


def _epochs_done(setting: Setting, journal: Journal, ask: Ask) -> int:
    """Returns the number of epochs that earlier starts of the trial, or its parent, have finished."""
    from reactive_schedules.training.checkpoint import CheckpointError, Checkpoints

    try:
        found = [Checkpoints(journal.checkpoints(ask, index)).load() for index in range(setting.executions)]
    except CheckpointError:
        return 0  # the training reports the error
    return sum(saved[1]["progress"]["epoch"] for saved in found if saved)


def best_so_far(results: Iterable[Mapping[str, Any]], objective: tuple[str, str]) -> str:
    """Describes the best result, for the end of a progress message; empty if there is none."""
    name, direction = objective
    scored = [result for result in results if result["score"] is not None]
    if not scored:
        return ""
    best = (min if direction == "min" else max)(scored, key=lambda result: result["score"])
    return f", best {name} {best['score']:.4g} (trial {best['number']})"
