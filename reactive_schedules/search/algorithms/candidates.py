"""Values that do not depend on results: start points, then KerasTuner's random or grid search."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras_tuner
from keras_tuner.oracles import GridSearchOracle, RandomSearchOracle

from reactive_schedules.search.algorithms.oracles import Quiet, finish


class _Random(Quiet, RandomSearchOracle):
    pass


class _Grid(Quiet, GridSearchOracle):
    pass


def random(
    hyperparameters: keras_tuner.HyperParameters, count: int, seed: int, start: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """`start`, then random values of the space: `count` together, or fewer when the space has no more."""
    oracle = _Random(hyperparameters, seed, max_trials=None)
    return _distinct([*start, *_drawn(oracle, count)])[:count]


def grid(
    hyperparameters: keras_tuner.HyperParameters, count: int, start: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """`start`, then the grid from its first corner on: `count` together, or fewer when the grid has no more."""
    oracle = _Grid(hyperparameters, seed=0)
    return _distinct([*start, *_drawn(oracle, count)])[:count]


def key(values: Mapping[str, Any]) -> str:
    """The same text for the same values."""
    return json.dumps(values, sort_keys=True)


def _drawn(oracle: keras_tuner.Oracle, count: int) -> Iterable[dict[str, Any]]:
    for _ in range(count):
        trial = oracle.create_trial("")
        if trial.status != "RUNNING":
            return
        yield dict(trial.hyperparameters.values)
        # The grid moves on from trials that are over; what they came to is nothing to either oracle.
        finish(oracle, trial, 0.0)


def _distinct(values: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return list({key(each): dict(each) for each in values}.values())
