"""Everything that is said about a model, from its predictions: the content of `metrics.json`."""

import math
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from components.artifacts import CONFIGURED
from components.errors import DataError
from components.evaluator import notes, verdict
from components.evaluator.comparison import Difference, compare, confirmed
from components.evaluator.constant import best_constant
from components.evaluator.intervals import interval
from components.evaluator.metrics import SHOWN_SLICES
from components.evaluator.resampling import Resamples
from components.evaluator.scoring import Scores
from components.evaluator.settings import Settings
from components.metrics import Metric
from components.metrics.rows import Rows

SLICE_RESAMPLES = 400
"""Resamples of a slice, of which there may be many."""


def measure(
    test: Scores,
    validation: Scores | None,
    settings: Settings,
    thresholds: Mapping[str, float | None],
    baseline: str | None,
) -> dict[str, Any]:
    """Judges a model.

    Args:
        test: Scores of the test split, by the candidate, by the baseline if there is one, and by the configuration as
            written, `CONFIGURED`, if a search chose another one.
        validation: Scores of the validation split by the candidate; None without one.
        settings: What to evaluate.
        thresholds: Least probability of the positive class, or of a label of several, that each model answers.
        baseline: Version of the baseline; None without one.

    Returns:
        The content of `metrics.json`, see `components.evaluator.metrics`.
    """
    test = test.ordered()
    metrics, judged = settings.metrics(), settings.metric
    rows = {
        name: Rows(test.labels, predictions, settings.label.positive, thresholds.get(name))
        for name, predictions in test.predictions.items()
    }
    configured = rows.pop(CONFIGURED, None)
    models = list(rows.values())
    candidate, rival = models[0], (models[1] if len(models) > 1 else None)
    _check(metrics[judged], test, settings)
    resamples, plain = _resamples(test, settings)
    values = _values(metrics, candidate, test.weights)
    others = rival and _values(metrics, rival, test.weights)
    constants = {
        name: best_constant(
            metric, test.labels, test.weights, len(settings.label.classes), settings.label.positive
        )
        for name, metric in metrics.items()
        if metric.function is None or name == judged
    }

    def compared(other: Rows, theirs: Mapping[str, float]) -> dict[str, Difference]:
        return {
            name: compare(
                metric,
                (candidate, other),
                (values[name], theirs[name]),
                resamples,
                plain,
                settings.confidence,
            )
            for name, metric in metrics.items()
            if np.isfinite((values[name], theirs[name])).all()
        }

    differences = compared(rival, others) if rival and others else {}
    if judged in differences:
        differences[judged] = confirmed(
            differences[judged], metrics[judged], (candidate, rival), resamples, settings.confidence
        )
    found = {
        "metric": judged,
        "larger_is_better": metrics[judged].larger_is_better,
        "candidate": values,
        "intervals": {
            name: interval(metric, candidate, values[name], resamples, plain)
            for name, metric in metrics.items()
        },
        "baseline": others,
        "baseline_version": baseline,
        "differences": {name: _plain(difference) for name, difference in differences.items()},
        "configured": None,
        "confidence": settings.confidence,
        "min_improvement": settings.min_improvement,
        "constant": constants[judged],
        "constants": constants,
        "decision_threshold": candidate.threshold,
        "positive": _class(settings, settings.label.positive),
        "weight": settings.weight,
        "slices": list(_slices(test, models, settings, metrics)),
        "examples": len(test.keys),
        "groups": None if test.groups is None else len(np.unique(test.groups)),
        "test_rows": fingerprint(test.keys, test.weights),
        **_validated(validation, settings, metrics, candidate),
    }
    if configured:
        written = _values(metrics, configured, test.weights)
        found["configured"] = {
            "scores": written,
            "interval": interval(metrics[judged], configured, written[judged], resamples, plain),
            "differences": {name: _plain(each) for name, each in compared(configured, written).items()},
        }
    found |= verdict.decide(found, settings, differences.get(judged), _one_answer(candidate, settings))
    return {**found, "notes": list(notes.of(found, settings, test.labels))}


def fingerprint(keys: np.ndarray, weights: np.ndarray | None) -> str:
    """Identifies a set of rows with their weights, in any order."""
    ordered = np.sort(keys if weights is None else keys ^ weights.view(np.uint64))
    return f"{zlib.crc32(ordered.tobytes()):08x}{np.bitwise_xor.reduce(ordered, initial=0):016x}"


def _check(metric: Metric, test: Scores, settings: Settings) -> None:
    if metric.name == "mape" and (zeros := int((test.labels == 0).sum())):
        raise DataError(
            f"evaluation.metric: mape has no value where the label is 0, as in {zeros:,} of {len(test.labels):,} "
            "test rows; use mae or rmse"
        )
    if test.weights is not None and not test.weights.any():
        raise DataError(f"data.weight: {settings.weight!r} is 0 in every row of the test split")


def _resamples(scores: Scores, settings: Settings) -> tuple[Resamples, bool]:
    plain = scores.weights is None and scores.groups is None
    return Resamples.draw(scores.keys, scores.weights, scores.groups), plain


def _values(metrics: Mapping[str, Metric], rows: Rows, weights: np.ndarray | None) -> dict[str, float]:
    return {
        name: metric.score(rows.labels, rows.predictions, weights, rows.positive, rows.threshold)
        for name, metric in metrics.items()
    }


def _plain(difference: Difference) -> dict[str, Any]:
    bound = difference.bound if math.isfinite(difference.bound) else None
    return {"value": difference.value, "interval": difference.interval, "bound": bound}


def _class(settings: Settings, place: int | None) -> str | int | None:
    return None if place is None else settings.label.classes[place]


def _one_answer(rows: Rows, settings: Settings) -> str | None:
    """The answer that a model gives for all rows; None if it gives several, or if there is one row."""
    if len(rows.labels) < 2 or not rows.are_finite:
        return None
    if rows.is_multilabel:
        answered = [repr(_class(settings, place)) for place in np.flatnonzero(rows.answers[0]).tolist()]
        return (", ".join(answered) or "no label") if (rows.answers == rows.answers[0]).all() else None
    if settings.label.classes:
        first = int(rows.answers[0])
        return repr(_class(settings, first)) if (rows.answers == first).all() else None
    numbers = rows.numbers
    same = np.ptp(numbers) <= 4 * np.finfo(np.float32).eps * np.abs(numbers).max()
    return f"about {np.mean(numbers):.4g}" if same else None


def _slices(
    test: Scores, models: list[Rows], settings: Settings, metrics: Mapping[str, Metric]
) -> Iterator[dict[str, Any]]:
    every = [
        (column, value, chosen) for column, slices in test.slices.items() for value, chosen in slices.each()
    ]
    every.sort(key=lambda each: str(((each[0], each[1]),)))
    sizes = sorted((len(chosen) for _, _, chosen in every), reverse=True)
    least = sizes[SHOWN_SLICES - 1] if len(sizes) >= SHOWN_SLICES else 0
    metric = metrics[settings.metric]
    for column, value, chosen in every:
        weights = None if test.weights is None else test.weights[chosen]
        some = [model.subset(chosen) for model in models]
        values = [_values(metrics, rows, weights) for rows in some]
        around = None
        if len(chosen) >= least and metric.function is None:
            groups = None if test.groups is None else test.groups[chosen]
            resamples = Resamples.draw(test.keys[chosen], weights, groups, SLICE_RESAMPLES)
            plain = weights is None and groups is None
            around = interval(metric, some[0], values[0][metric.name], resamples, plain)
        yield {
            "slice": {column: value},
            "examples": len(chosen),
            "metrics": values[0],
            "baseline": values[1] if len(values) > 1 else None,
            "interval": around,
        }


def _validated(
    scores: Scores | None, settings: Settings, metrics: Mapping[str, Metric], candidate: Rows
) -> dict[str, Any]:
    """The scores of the validation split, with the interval of the judged one."""
    if scores is None:
        return {"validation": None, "validation_interval": None, "validation_examples": 0}
    scores = scores.ordered()
    (predictions,) = scores.predictions.values()
    rows = Rows(scores.labels, predictions, candidate.positive, candidate.threshold)
    values = _values(metrics, rows, scores.weights)
    resamples, plain = _resamples(scores, settings)
    around = interval(metrics[settings.metric], rows, values[settings.metric], resamples, plain)
    return {
        "validation": values,
        "validation_interval": around,
        "validation_examples": len(scores.keys),
    }
