"""An evaluation in columns, with the results in TFMA's files."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.evaluators import metrics_validator
from tensorflow_model_analysis.metrics.metric_types import MetricKey

from components.evaluator.means import METRICS
from components.evaluator.plan import COUNT, Plan
from components.evaluator.scoring import Scorer, Scores, concatenate

SliceKey = tuple[tuple[str, Any], ...]
"""A slice as TFMA writes it: no pair for all examples, or one pair of a column and its value."""


def evaluate(
    pipeline: beam.Pipeline,
    shards: Sequence[str],
    plan: Plan,
    config: "tfma.EvalConfig",  # quoted, because worker processes import TFMA without its API
    models: Mapping[str, str],
    dtypes: Mapping[str, tf.DType],
    output: str,
) -> None:
    """Adds an evaluation to a Beam pipeline.

    A shard is one element. Its scores take 8 bytes for each example, metric and model; they are collected in one place.

    Args:
        pipeline: Pipeline to add to.
        shards: Shards of the examples.
        plan: What to compute.
        config: Configuration that `plan` was made from, with TFMA's defaults.
        models: Folders of the SavedModels, by name in `config`.
        dtypes: Types of the raw columns that the plan reads, by name.
        output: Folder for TFMA's files.
    """
    found = (
        pipeline
        | "Shards" >> beam.Create(shards)
        | beam.Reshuffle()
        | "Score" >> beam.ParDo(_Score(plan, models, dtypes))
        | "Collect" >> beam.combiners.ToList()
        | "Slice" >> beam.FlatMap(_measured, plan, list(models))
    )
    valid = found | "Validate" >> beam.Map(metrics_validator.validate_metrics, config)
    shown = [
        tfma.default_eval_shared_model(folder, model_name=name, eval_config=config)
        for name, folder in models.items()
    ]
    writers = tfma.default_writers(
        output, eval_shared_model=shown if len(shown) > 1 else shown[0], eval_config=config
    )
    _ = {tfma.METRICS_KEY: found, tfma.VALIDATIONS_KEY: valid} | tfma.WriteResults(writers=writers)


class _Score(beam.DoFn):
    def __init__(self, *of_scorer: Any) -> None:
        self._of_scorer = of_scorer

    def setup(self) -> None:
        self._scorer = Scorer(*self._of_scorer)

    def process(self, shard: str) -> Iterator[Scores]:
        if found := self._scorer.score(shard):
            yield found


def _measured(
    scored: Sequence[Scores], plan: Plan, models: Sequence[str]
) -> Iterator[tuple[SliceKey, dict[MetricKey, float]]]:
    """Yields the metrics of each slice; neither they nor their order depend on the order of the scores."""
    scores = concatenate(scored)
    if plan.overall:
        yield (), _metrics(scores, slice(None), scores.rows, plan, models)
    for column, slices in scores.slices.items():
        order = np.argsort(slices.places, kind="stable")
        counts = np.bincount(slices.places, minlength=len(slices.values))
        rows = np.split(slices.rows[order], np.cumsum(counts))[:-1]  # what follows the last one is empty
        for value, chosen in sorted(zip(slices.values, rows, strict=True), key=lambda pair: pair[0]):
            yield ((column, value),), _metrics(scores, chosen, len(chosen), plan, models)


def _metrics(
    scores: Scores, chosen: slice | np.ndarray, count: int, plan: Plan, models: Sequence[str]
) -> dict[MetricKey, float]:
    """Measures some rows, for each model; with two models, adds what the first has more than the second."""
    found = {
        MetricKey(name, model_name=model): (
            float(count) if kind == COUNT else METRICS[kind](scores.values[model, name][chosen])
        )
        for model in models
        for name, kind in plan.metrics.items()
    }
    if len(models) > 1:
        model, baseline = models
        for key in [key for key in found if key.model_name == model]:
            found[key.make_diff_key()] = found[key] - found[key.make_baseline_key(baseline)]
    return found
