"""One trial, as an element of a Beam stage."""

import dataclasses
import functools
import json
import logging
import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import apache_beam as beam

from components.features import LabelFeature
from components.tuner.journal import Journal
from reactive_schedules.search.searcher import Ask

if TYPE_CHECKING:
    from components.learning.task import Task
    from reactive_schedules import EpochEnd, FitResult, TrainingSpec

logger = logging.getLogger(__name__)
progress = logging.getLogger("progress")

MAX_DEATHS = 3
"""How often a trial may die at the same epoch together with the whole component, before it is given up."""

# Keras' seeds belong to the process, and runners may have many threads in one.
_ONE_AT_A_TIME = threading.Lock()


@dataclasses.dataclass(frozen=True)
class Setting:
    """What all trials of a study share; strings and numbers only, so that every Beam runner can send it.

    Attributes:
        examples: URI and split names of the transformed examples.
        transform_graph: URI.
        label: a `LabelFeature` as JSON.
        splits: which split is for training, which for validation.
        training: the spec that the trials vary, as JSON.
        build_model: dotted path.
        model_hyperparameters: as JSON.
        executions: trainings of a trial, each with a seed of its own.
        objective: metric and direction, `min` or `max`.
        journal: folder that every worker sees.
    """

    examples: tuple[str, str]
    transform_graph: str
    label: str
    splits: str
    training: str
    build_model: str
    model_hyperparameters: str
    executions: int
    objective: tuple[str, str]
    journal: str


class RunTrial(beam.DoFn):
    """Trains one trial to its rung, writes what became of it into the journal, and emits its id.

    Args:
        setting: of the study.
        heading: of the progress, such as `resumed after 3 trials: `.
        total: of the trials.
        last: `until` of an ask that nothing comes after.
    """

    def __init__(self, setting: Setting, heading: str, total: int, last: int | None) -> None:
        self._setting, self._heading, self._total, self._last = setting, heading, total, last

    def process(self, element: Mapping[str, Any]) -> Iterator[str]:
        """The element is an `Ask` as a dict."""
        ask = Ask(**element)
        journal = Journal(self._setting.journal)
        with _ONE_AT_A_TIME:
            _task(self._setting)  # neither its time nor its faults are the trial's
            epochs = _epochs_done(self._setting, journal, ask)
            with journal.training(ask, epochs) as died:
                # A runner that lost its worker may start again what had ended.
                if journal.result(ask) is None:
                    outcome = self._outcome(journal, ask, died, epochs)
                    journal.write(ask, outcome)
                    if ended(outcome) or ask.until == self._last:
                        journal.forget_state(ask)
        yield ask.trial_id

    def _outcome(self, journal: Journal, ask: Ask, died: int, epochs: int) -> dict[str, Any]:
        if died >= MAX_DEATHS:
            return failure(
                f"WorkerEnded: its process was ended {died} times after {epochs} epochs; the machine may have run "
                "out of memory"
            )
        heading = f"{self._heading}trial {ask.number} of {self._total}"
        if ask.rung is not None:
            heading += f", rung {ask.rung}"
        return run(self._setting, journal, ask, heading)


def failure(reason: str) -> dict[str, Any]:
    """Result of a trial that was not trained to its rung."""
    return {"error": reason, "score": None, "seconds": 0.0, "executions": []}


def ended(outcome: Mapping[str, Any]) -> bool:
    """Whether there is nothing to continue at a higher rung."""
    return bool(outcome["error"]) or all(each["stopped_by"] != "until" for each in outcome["executions"])


def run(setting: Setting, journal: Journal, ask: Ask, heading: str) -> dict[str, Any]:
    """Trains one trial; what goes wrong in it becomes part of its result.

    Returns:
        `score` (mean over the executions; None where one never had a finite metric),
        `error` (None, or what went wrong), `seconds`, and `executions`, a list of `seed`, `score`, `history`,
        `decisions`, `best_epoch`, `best_metric`, `stopped_by` and `updates`.
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
    except (Exception, SystemExit) as error:  # whatever its values or the user's model make of it
        logger.exception("Trial with %s failed.", ask.values)
        outcome["error"] = f"{type(error).__name__}: {error}"
    else:
        scores = [execution["score"] for execution in outcome["executions"]]
        if None in scores:
            stopped_by = outcome["executions"][scores.index(None)]["stopped_by"]
            name = setting.objective[0]
            outcome["error"] = f"Diverged: {name} never was a finite number (ended by {stopped_by})"
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
    from components.learning.learn import learn, record

    best = best_so_far(journal.results(), setting.objective)
    spec = spec.model_copy(update={"seed": spec.seed + index})
    last = ask.until or spec.epochs

    def report(end: "EpochEnd") -> None:
        progress.info("%s, epoch %d of at most %d%s", heading, end.epoch + 1, last, best)

    _, result = learn(
        _task(setting),
        spec,
        setting.build_model,
        hyperparameters,
        until=ask.until,
        checkpoint_dir=journal.checkpoints(ask, index),
        on_epoch=report,
    )
    score = _score(result, setting.objective[0])
    return {
        "seed": spec.seed,
        "score": score if math.isfinite(score) else None,
        **record(result),
        "updates": result.updates,
    }


def _score(result: "FitResult", metric: str) -> float:
    """The metric of the weights that the model was left with: the best ones, or without a plateau the last."""
    if metric not in result.history:
        raise ValueError(
            f"objective: {metric!r} is not among the logs; choose one of {sorted(result.history)}"
        )
    if result.plateau is None:
        return result.history[metric][-1]
    return math.nan if result.best_epoch is None else result.history[metric][result.best_epoch]


def _epochs_done(setting: Setting, journal: Journal, ask: Ask) -> int:
    """Epochs that earlier starts of the trial have finished, those of its parent included."""
    from reactive_schedules.training.checkpoint import CheckpointError, Checkpoints

    try:
        found = [Checkpoints(journal.checkpoints(ask, index)).load() for index in range(setting.executions)]
    except CheckpointError:
        return 0  # the training will say so
    return sum(saved[1]["progress"]["epoch"] for saved in found if saved)


def best_so_far(results: Iterable[Mapping[str, Any]], objective: tuple[str, str]) -> str:
    """The best of the journal's results in words, to end a line of progress with; empty without one."""
    name, direction = objective
    scored = [result for result in results if result["score"] is not None]
    if not scored:
        return ""
    best = (min if direction == "min" else max)(scored, key=lambda result: result["score"])
    return f", best {name} {best['score']:.4g} (trial {best['number']})"


@functools.lru_cache(maxsize=1)
def _task(setting: Setting) -> "Task":
    """The data, read once in each worker process."""
    from tfx.types import standard_artifacts

    from components.learning.task import load_task

    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = setting.examples
    return load_task(
        [examples], setting.transform_graph, LabelFeature.from_json(setting.label), json.loads(setting.splits)
    )
