"""Values that do not depend on results: start points, followed by KerasTuner's random or grid search."""

from collections.abc import Iterable, Mapping
from typing import Any

from keras_tuner.oracles import GridSearchOracle, RandomSearchOracle

from reactive_schedules.search.oracles.quiet import Quiet
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.searcher import key


class _Random(Quiet, RandomSearchOracle):
    pass


class _Grid(Quiet, GridSearchOracle):
    pass


def random(problem: Problem, count: int) -> list[dict[str, Any]]:
    """The start points, then random values: `count` in total, or fewer if the space has no more."""
    oracle = _Random(problem.hyperparameters, problem.seed, max_trials=None)
    return _distinct([*problem.start, *_drawn(oracle, count)])[:count]


def grid(problem: Problem, count: int) -> list[dict[str, Any]]:
    """The start points, then the grid from its first corner: `count` in total, or fewer if the grid has no more."""
    oracle = _Grid(problem.hyperparameters, seed=0)
    return _distinct([*problem.start, *_drawn(oracle, count)])[:count]


def _drawn(oracle: Quiet, count: int) -> Iterable[dict[str, Any]]:
    for _ in range(count):
        trial = oracle.create_trial("")
        if trial.status != "RUNNING":
            return
        yield dict(trial.hyperparameters.values)
        # The grid continues only after finished trials; neither oracle uses the loss.
        oracle.finish(trial, 0.0)


def _distinct(values: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return list({key(each): dict(each) for each in values}.values())
