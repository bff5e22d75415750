"""One trial, as an element of a Beam stage."""

import dataclasses
import functools
import json
import logging
import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

import apache_beam as beam

from components.features import LabelFeature

progress = logging.getLogger("progress")


@dataclasses.dataclass(frozen=True)
class Setting:
    """What all trials of a study share; strings only, so that every Beam runner can send it to its workers.

    Attributes:
        examples: URI and split names of the transformed examples.
        transform_graph: URI.
        label: a `LabelFeature` as JSON.
        splits: which split is for training, which for validation.
        training: the spec that the trials vary, as JSON.
        build_model: dotted path.
        model_hyperparameters: as JSON.
        epochs: after which a trial ends, while its schedule keeps the horizon of the whole training; None for
            the whole training.
    """

    examples: tuple[str, str]
    transform_graph: str
    label: str
    splits: str
    training: str
    build_model: str
    model_hyperparameters: str
    epochs: int | None


class RunTrial(beam.DoFn):
    """Trains with the hyperparameters of an element; emits what became of it."""

    def __init__(self, setting: Setting, total: int):
        self._setting = setting
        self._total = total

    def process(self, trial: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Element and result: dicts with `trial_id`, `number` (from 1) and `values`; see `run` for the rest."""
        progress.info("trial %d of %d", trial["number"], self._total)
        yield {**trial, **run(self._setting, trial["values"])}


def run(setting: Setting, values: Mapping[str, Any]) -> dict[str, Any]:
    """Trains once.

    Returns:
        `training` (the spec), `score` (best of the monitored metric; None if it never was finite), `history`,
        `decisions`, `seconds`, and `error` (None, or what went wrong).
    """
    from components import learning
    from schedules import space

    spec, hyperparameters = space.from_hyperparameters(
        json.loads(setting.training), json.loads(setting.model_hyperparameters), values
    )
    outcome: dict[str, Any] = {"training": spec.model_dump(mode="json"), "error": None}
    start = time.perf_counter()
    try:
        _, result = learning.learn(
            _task(setting), spec, setting.build_model, hyperparameters, until=setting.epochs
        )
        outcome |= learning.record(result)
        score = _score(spec, result)
        if not math.isfinite(score):
            outcome["error"] = f"the metric never was a finite number ({result.stopped_by})"
    except Exception as error:  # a trial may fail in any way its values or the user's model make it
        logging.exception("Trial with %s failed.", values)
        outcome |= {"error": f"{type(error).__name__}: {error}"}
    finite = outcome["error"] is None
    return {
        **outcome,
        "score": score if finite else None,
        "seconds": time.perf_counter() - start,
    }


def _score(spec, result) -> float:
    """The metric of the weights that the model was left with: the best ones, or without a plateau the last."""
    from schedules import PlateauSpec

    if spec.plateau is None:
        return result.history[PlateauSpec().monitor][-1]
    return math.nan if result.best_metric is None else result.best_metric


@functools.lru_cache(maxsize=1)
def _task(setting: Setting):
    """The data, read once in each worker process."""
    from tfx.types import standard_artifacts

    from components import learning

    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = setting.examples
    return learning.load_task(
        [examples], setting.transform_graph, LabelFeature.from_json(setting.label), json.loads(setting.splits)
    )
