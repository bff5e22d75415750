"""Trains a trial of a search: its executions, its score and its errors, whatever trains the model."""

import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reactive_schedules import plain_json
from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor.child import Attempt
from reactive_schedules.search.executor.results import failure

if TYPE_CHECKING:
    from reactive_schedules.spec.training_spec import TrainingSpec
    from reactive_schedules.training.fit import FitResult
    from reactive_schedules.training.run import EpochEnd

logger = logging.getLogger(__name__)

Train = Callable[..., "FitResult"]
"""Trains a model. Its arguments are a spec and the hyperparameters of the model, and, by name, the arguments
`checkpoint_dir`, `on_epoch` and `until` of `rs.fit`."""


def run(
    attempt: Attempt,
    training: Mapping[str, Any],
    model: Mapping[str, Any],
    executions: int,
    objective: str,
    train: Train,
    validation: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Trains a trial, or one training of a confirmation, with its own seed; an error becomes part of the result.

    Args:
        attempt: What to train, and where to keep checkpoints.
        training: Spec that the trials vary, of a whole number of epochs.
        model: Hyperparameters of the model.
        executions: Number of trainings, each with a different seed.
        objective: Metric whose value for the final weights is the score.
        train: Function that trains a model.
        validation: What is known of the validation rows, see `study.study_record`.

    Returns:
        `score` (mean over the executions; None if the metric of one was never finite), `error` (a message, or None),
        `seconds`, and `executions`, a list of `seed`, `score`, `history`, `decisions`, `best_epoch`, `best_metric`,
        `stopped_by` and `updates`, and `validation`, as plain JSON.
    """
    from reactive_schedules.search import space

    outcome, start = failure(""), time.perf_counter()
    try:
        spec, hyperparameters = space.from_hyperparameters(training, model, attempt.ask.values)
        fold = attempt.ask.fold
        for index in range(executions) if fold is None else [executions + fold]:
            seeded = spec.model_copy(update={"seed": spec.seed + index})
            outcome["executions"].append(
                _execution(attempt, index, seeded, hyperparameters, objective, train)
            )
        outcome["error"] = None
    except (Exception, SystemExit) as error:  # any error that the values or the user's code cause
        logger.exception("Trial with %s failed.", attempt.ask.values)
        outcome["error"] = summary_of(error)
    else:
        scores = [execution["score"] for execution in outcome["executions"]]
        if None in scores:
            stopped_by = outcome["executions"][scores.index(None)]["stopped_by"]
            outcome["error"] = f"Diverged: {objective} was never finite (stopped by {stopped_by})"
        else:
            outcome["score"] = sum(scores) / len(scores)
    outcome["validation"] = validation
    outcome["seconds"] = time.perf_counter() - start
    return json.loads(plain_json.dumps(outcome))  # a history may contain NaN


def _execution(
    attempt: Attempt,
    index: int,
    spec: "TrainingSpec",
    hyperparameters: Mapping[str, Any],
    objective: str,
    train: Train,
) -> dict[str, Any]:
    def report(end: "EpochEnd") -> None:
        score = end.logs.get(objective)
        attempt.report(end.epoch + 1, score if isinstance(score, float) and math.isfinite(score) else None)

    result = train(
        spec,
        hyperparameters,
        checkpoint_dir=attempt.folder / f"execution-{index}",
        on_epoch=report,
        until=attempt.ask.until,
    )
    score = _score(result, objective)
    return {
        "seed": spec.seed,
        "score": score if math.isfinite(score) else None,
        **result.record(),
        "updates": result.updates,
    }


def _score(result: "FitResult", metric: str) -> float:
    """The metric of the model's final weights: the best ones, or the last ones without a plateau."""
    if metric not in result.history:
        raise ValueError(
            f"objective: {metric!r} is not among the logs; choose one of {', '.join(sorted(result.history))}"
        )
    value = result.best_logs.get(metric, math.nan)
    if isinstance(value, list):
        raise ValueError(f"objective: {metric!r} has several values; choose a metric with a single value")
    return value
