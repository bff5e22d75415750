"""Values that do not depend on results: start points, followed by KerasTuner's random or grid search."""

from collections.abc import Iterator
from typing import Any

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds
from keras_tuner.oracles import GridSearchOracle, RandomSearchOracle

from reactive_schedules.search.oracles.quiet import Quiet
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.searcher import key


class _Random(Quiet, RandomSearchOracle):
    pass


class _Grid(Quiet, GridSearchOracle):
    """KerasTuner's oracle, which never gets past a value that a list has twice."""

    def __init__(self, hyperparameters: keras_tuner.HyperParameters, seed: int) -> None:
        chosen: Any = hyperparameters.copy()
        for hp in chosen.space:
            if isinstance(hp, kinds.Choice):
                hp._values = [*dict.fromkeys(hp.values)]
        super().__init__(chosen, seed)


def random(problem: Problem, count: int) -> list[dict[str, Any]]:
    """The start points, then random values: `count` in total, or fewer if the space has no more.

    Values of earlier trials are left out, other than at the start.
    """
    return _first(problem, _Random(problem.hyperparameters, problem.seed, max_trials=None), count)


def grid(problem: Problem, count: int) -> list[dict[str, Any]]:
    """The start points, then the grid from its first corner: `count` in total, or fewer if the grid has no more.

    Values of earlier trials are left out, other than at the start.
    """
    return _first(problem, _Grid(problem.hyperparameters, seed=0), count)


def _first(problem: Problem, oracle: Quiet, count: int) -> list[dict[str, Any]]:
    found = {key(values): dict(values) for values in problem.start}
    tried = {key(values) for values in problem.tried}
    for values in _drawn(oracle):
        if len(found) >= count:
            break
        if key(values) not in tried:
            found.setdefault(key(values), values)
    return list(found.values())[:count]


def _drawn(oracle: Quiet) -> Iterator[dict[str, Any]]:
    while (trial := oracle.create_trial("")).status == "RUNNING":
        yield dict(trial.hyperparameters.values)
        # The grid continues only after finished trials; neither oracle uses the loss.
        oracle.finish(trial, 0.0)
