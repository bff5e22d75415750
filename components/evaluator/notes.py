"""What a verdict does not say by itself: whether the rows can tell, and whether both splits tell the same."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from components.evaluator import words
from components.evaluator.settings import Settings

FEW_ROWS = 30
"""With fewer rows than this, not even the spread between them is known."""

FEW_GROUPS = 30
"""The same for groups."""

SURE = 1e-3
"""Cross-entropy, in nats, below which there is nothing left to learn from a validation split."""

MOST_NAMED = 5


def of(found: Mapping[str, Any], settings: Settings, labels: np.ndarray) -> Iterator[str]:
    """Yields notes, a sentence each.

    Args:
        found: The figures, as in `metrics.json`.
        settings: What was asked for.
        labels: Labels of the test rows.
    """
    rows = found["examples"]
    if rows < FEW_ROWS:
        yield f"The test split has only {_counted(rows, 'row')}: too few to judge by; add data, or enlarge data.splits."
    if found["groups"] is not None and found["groups"] < FEW_GROUPS:
        yield f"The intervals come from only {_counted(found['groups'], 'group')} of rows, so they are rough."
    yield from _classes(settings, labels)
    yield from _cannot_tell(found, settings)
    yield from _need_only_be_as_good(found, settings)
    yield from _gap(found, settings)
    yield from _saturated(found, settings)


def _classes(settings: Settings, labels: np.ndarray) -> Iterator[str]:
    classes = settings.label.classes
    if not classes:
        return
    several = settings.label.is_multilabel
    occur = np.flatnonzero((labels == 1).any(axis=0)) if several else np.unique(labels)
    if several and (labels == labels[0]).all():
        yield (
            "All rows of the test split have the same labels: it cannot show whether the model tells rows apart; split "
            "in another way, or add data."
        )
    elif len(occur) == 1 and not several:
        yield (
            f"All rows of the test split have the label {classes[int(occur[0])]!r}: it cannot show whether the model "
            "tells classes apart; set data.split.stratify, or add data."
        )
    elif len(occur) < len(classes):
        missing = [repr(name) for place, name in enumerate(classes) if place not in occur]
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        yield (
            f"The test split has no row with the label {', '.join(missing[:MOST_NAMED])}{more}; "
            f"{'give test a larger share in data.splits' if several else 'set data.split.stratify'}, or add data."
        )


def _cannot_tell(found: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """Whether the interval includes what the model is compared with, and how many rows would tell."""
    name = settings.metric
    around, value = found["intervals"][name], found["candidate"][name]
    bars = [("the best constant prediction", found["constant"])]
    if settings.threshold is not None:
        bars.append(("the threshold", settings.threshold))
    for what, bar in bars:
        if around is None or not math.isfinite(bar) or not around[0] <= bar <= around[1]:
            continue
        needed = (
            found["examples"]
            * (max(around[1] - value, value - around[0]) / max(abs(value - bar), 1e-12)) ** 2
        )
        rows = f"about {_rounded(needed)} rows would" if needed < 1e9 else "as their scores are equal"
        yield (
            f"The 95 % interval of {name}, {words.interval(around)}, includes the {bar:.4g} of {what}: "
            f"{_counted(found['examples'], 'test row')} cannot tell them apart, {rows}."
        )


def _need_only_be_as_good(found: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """The margin, where a model is not worse, but not surely better."""
    difference = found["differences"].get(settings.metric)
    if difference is None or found["blessed"] or settings.min_improvement != 0:
        return
    around = difference["interval"]
    if difference["value"] >= 0 or (around is not None and around[1] > 0):
        yield (
            "A model that need only be as good as the one in production, such as one for fresh data, is blessed with a "
            f"negative evaluation.min_improvement: what {settings.metric} may be worse by."
        )


def _gap(found: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    name = settings.metric
    if not found["validation"]:
        return
    test, validation = found["intervals"][name], found["validation_interval"]
    if test is None or validation is None or (test[0] <= validation[1] and validation[0] <= test[1]):
        return
    before, now = found["validation"][name], found["candidate"][name]
    worse = (now < before) == found["larger_is_better"]
    why = (
        "rows of both splits may differ, as over time, or validation rows may be known from training, as "
        "of one customer; see data.split"
        if worse
        else "the rows of both splits differ; see data.split"
    )
    yield (
        f"{name} is {before:.4f} on the validation split (95 % interval {words.interval(validation)}) but {now:.4f} on "
        f"the test split: further apart than by chance; {why}."
    )


def _saturated(found: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    values = found["validation"]
    if not values:
        return
    rows = found["validation_examples"]
    if settings.label.task == "regression":
        perfect = values.get("r2") is not None and values["r2"] > 1 - 1e-9
        what = "predicts every row of the validation split exactly"
    else:
        right = values["subset_accuracy" if settings.label.is_multilabel else "accuracy"]
        perfect = right == 1 or values["cross_entropy"] < SURE
        what = f"is right in {'all' if right == 1 else 'almost all'} {rows:,} rows of the validation split"
    if perfect:
        yield (
            f"The model {what}: it can no longer rank epochs and trials; give eval a larger share in "
            "data.splits, and check that no column gives the label away."
        )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _rounded(rows: float) -> str:
    digits = 10 ** max(0, math.floor(math.log10(max(rows, 1))) - 1)
    return f"{math.ceil(rows / digits) * digits:,}"
