"""Values that do not depend on results: start points, then KerasTuner's random or grid search."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras_tuner
from keras_tuner.oracles import GridSearchOracle, RandomSearchOracle

OBJECTIVE = keras_tuner.Objective("loss", "min")
"""What every oracle is told, whatever the objective of the search is: see `searcher.Result`."""


class Unsaved:
    """Of an oracle: writes no files, as a study is continued from its results; prints nothing.

    It also looks longer for values that were not tried yet: 20 collisions in a row, KerasTuner's limit, are
    nothing unusual in a space of a few hundred points of which most were tried.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.verbose = 0
        self._max_collisions = 1000

    def save(self) -> None:
        """Does nothing."""

    def _save_trial(self, trial) -> None:
        pass


class _Random(Unsaved, RandomSearchOracle):
    pass


class _Grid(Unsaved, GridSearchOracle):
    pass


def random(
    hyperparameters: keras_tuner.HyperParameters, count: int, seed: int, start: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """`start`, then random values of the space: `count` together, or fewer when the space has no more."""
    # KerasTuner takes 0 for no seed.
    oracle = _Random(OBJECTIVE, max_trials=None, seed=seed + 1, hyperparameters=hyperparameters)
    return _distinct([*start, *_drawn(oracle, count)])[:count]


def grid(
    hyperparameters: keras_tuner.HyperParameters, count: int, start: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """`start`, then the grid from its first corner on: `count` together, or fewer when the grid has no more."""
    oracle = _Grid(OBJECTIVE, seed=1, hyperparameters=hyperparameters)
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
        oracle.update_trial(trial.trial_id, {OBJECTIVE.name: 0.0})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)


def _distinct(values: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return list({key(each): dict(each) for each in values}.values())
