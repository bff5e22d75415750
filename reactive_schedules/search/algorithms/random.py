"""KerasTuner's random search: whole trainings with random values."""

from reactive_schedules.search.algorithms.halving import Halving
from reactive_schedules.search.options import Options, Trials
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.registry import register_algorithm
from reactive_schedules.search.searcher import Searcher


class RandomOptions(Options):
    """Options of random search."""

    trials: Trials = 8


@register_algorithm("random", RandomOptions)
def random(problem: Problem, options: RandomOptions) -> Searcher:
    """All trials at once, none of them stopped early."""
    from reactive_schedules.search.oracles import candidates

    values = candidates.random(problem, options.trials)
    return Halving(values, [problem.epochs], problem.until, 1, problem.direction)
