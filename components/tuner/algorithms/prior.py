"""Trials of an earlier study."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import keras_tuner


def fitting(
    hyperparameters: keras_tuner.HyperParameters, records: Iterable[Mapping[str, Any]]
) -> list[tuple[dict[str, Any], float]]:
    """Values and score of those that are points of the space.

    Args:
        hyperparameters: the space.
        records: of a `tuner_results.json`: `score`, `trial_id`, and the values by path.
    """
    found = []
    for record in records:
        values = {name: value for name, value in record.items() if name not in ("score", "trial_id")}
        score = record["score"]
        if isinstance(score, int | float) and math.isfinite(score) and _inside(hyperparameters, values):
            found.append((values, float(score)))
    return found


def _inside(hyperparameters: keras_tuner.HyperParameters, values: Mapping[str, Any]) -> bool:
    point = hyperparameters.copy()
    point.values = dict(values)
    active = {hp.name: hp for hp in point.space if point.is_active(hp)}
    return active.keys() == values.keys() and all(_holds(hp, values[name]) for name, hp in active.items())


def _holds(hp: Any, value: Any) -> bool:
    if isinstance(hp, keras_tuner.engine.hyperparameters.Choice):
        return value in hp.values
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and hp.min_value <= value <= hp.max_value
