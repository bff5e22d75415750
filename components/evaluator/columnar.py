"""An evaluation in columns, with the results as JSON and in TFMA's files."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import apache_beam as beam
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx.utils import io_utils

from components.artifacts import CONFIGURED
from components.evaluator import metrics, tfma_files
from components.evaluator.measuring import measure
from components.evaluator.scoring import Scorer, Scores, answering, concatenate
from components.evaluator.settings import Settings
from reactive_schedules import plain_json

TEST, VALIDATION = "test", "validation"

Scored = tuple[str, Scores]
"""The role of a split, and the scores of some of its examples."""


def evaluate(
    pipeline: beam.Pipeline,
    shards: Mapping[str, Sequence[str]],
    settings: Settings,
    models: Mapping[str, str],
    dtypes: Mapping[str, tf.DType],
    baseline: str | None,
    output: str,
) -> None:
    """Adds an evaluation to a Beam pipeline.

    A shard is one element. Its predictions take 4 bytes for each example, class and model; they are collected in one
    place.

    Args:
        pipeline: Pipeline to add to.
        shards: Shards of the examples to test on, and of those to compare with, by `TEST` and `VALIDATION`.
        settings: What to evaluate.
        models: Folders of the SavedModels, by name: the candidate, the baseline if there is one, and the configuration
            as written, `CONFIGURED`, if a search chose another one. TFMA's files have no more than the first two.
        dtypes: Types of the raw columns that are read, by name.
        baseline: Version of the baseline; None without one.
        output: Folder for the results.
    """
    names = [name for name in models if name != CONFIGURED]
    config = tfma_files.eval_config(settings, len(names) > 1)
    found = (
        pipeline
        | "Shards" >> beam.Create([(role, shard) for role, files in shards.items() for shard in files])
        | beam.Reshuffle()
        | "Score" >> beam.ParDo(_Score(settings, models, dtypes))
        | "Collect" >> beam.combiners.ToList()
        | "Measure" >> beam.Map(_measured, settings, models, baseline)
    )
    _ = found | "Write" >> beam.Map(_write, str(PurePosixPath(output, metrics.FILE)))
    figures = found | "Figures" >> beam.FlatMap(tfma_files.figures, names)
    valid = found | "Validation" >> beam.Map(tfma_files.validation, names)
    shown = [
        tfma.default_eval_shared_model(models[name], model_name=name, eval_config=config) for name in names
    ]
    writers = tfma.default_writers(
        output, eval_shared_model=shown if len(shown) > 1 else shown[0], eval_config=config
    )
    _ = {tfma.METRICS_KEY: figures, tfma.VALIDATIONS_KEY: valid} | tfma.WriteResults(writers=writers)


class _Score(beam.DoFn):
    def __init__(self, *of_scorer: Any) -> None:
        self._of_scorer = of_scorer

    def setup(self) -> None:
        self._scorer = Scorer(*self._of_scorer)

    def process(self, shard: tuple[str, str]) -> Iterator[Scored]:
        role, file = shard
        if found := self._scorer.score(file, candidate_only=role == VALIDATION):
            yield role, found


def _measured(
    scored: Sequence[Scored], settings: Settings, models: Mapping[str, str], baseline: str | None
) -> dict[str, Any]:
    parts = {role: [scores for each, scores in scored if each == role] for role in (TEST, VALIDATION)}
    validation = concatenate(parts[VALIDATION]) if parts[VALIDATION] else None
    label = settings.label
    positive = None if label.positive is None else label.classes[label.positive]
    answers = {name: answering(folder) for name, folder in models.items()}
    thresholds = {name: each.threshold_of(positive) for name, each in answers.items()}
    found = measure(concatenate(parts[TEST]), validation, settings, thresholds, baseline)
    return {**found, "ensemble": next(iter(answers.values())).ensemble}


def _write(found: Mapping[str, Any], file: str) -> None:
    io_utils.write_string_file(file, plain_json.dumps(found, indent=2))
