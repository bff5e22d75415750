"""Trials from an earlier study."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras_tuner

NOT_VALUES = ("trial_id", "score", "objective", "direction")
"""Keys of a record that are not values of the trial."""


def fitting(
    hyperparameters: keras_tuner.HyperParameters, records: Iterable[Mapping[str, Any]]
) -> list[tuple[dict[str, Any], float]]:
    """The values and scores of the trials that lie in the space, converted to its types.

    Args:
        hyperparameters: Search space.
        records: Records of a `tuner_results.json`, with `trial_id`, `score`, `objective`, `direction`, and the values
            by path.
    """
    found = []
    for record in records:
        values = {name: value for name, value in record.items() if name not in NOT_VALUES}
        score = record["score"]
        if not (isinstance(score, int | float) and math.isfinite(score)):
            continue
        with contextlib.suppress(ValueError, OverflowError):
            found.append((_point(hyperparameters, values), float(score)))
    return found


def _point(hyperparameters: keras_tuner.HyperParameters, values: Mapping[str, Any]) -> dict[str, Any]:
    """Converts values to the types of the space; raises a ValueError if they lie outside."""
    point = hyperparameters.copy()
    point.values = dict(values)
    active = {hp.name: hp for hp in point.space if point.is_active(hp)}
    if active.keys() != values.keys():
        raise ValueError("other parameters")
    return {name: _inside(hp, values[name]) for name, hp in active.items()}


def _inside(hp: Any, value: Any) -> Any:
    from keras_tuner.engine import hyperparameters as kinds

    if isinstance(hp, kinds.Choice):
        return hp.values[hp.values.index(value)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    number = int(value) if isinstance(hp, kinds.Int) else float(value)
    if number != value or not hp.min_value <= number <= hp.max_value:
        raise ValueError("outside the range")
    return number
