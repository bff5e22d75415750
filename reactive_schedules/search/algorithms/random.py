"""KerasTuner's random search: full runs with random values."""

from reactive_schedules.search.algorithms.halving import Halving
from reactive_schedules.search.options import Options, Trials
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.registry import register_algorithm
from reactive_schedules.search.searcher import Searcher


class RandomOptions(Options):
    """The options of random search."""

    trials: Trials = 8


@register_algorithm("random", RandomOptions)
def random(problem: Problem, options: RandomOptions) -> Searcher:
    """Runs all trials in a single stage, without early stopping."""
    from reactive_schedules.search.oracles import candidates

    values = candidates.random(problem, options.trials)
    return Halving(values, [problem.epochs], problem.until, 1, problem.direction)
