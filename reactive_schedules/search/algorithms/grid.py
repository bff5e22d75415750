"""KerasTuner's grid search: whole trainings with every combination, a range in ten steps."""

from reactive_schedules.search.algorithms.halving import Halving
from reactive_schedules.search.options import Options, Trials
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.registry import register_algorithm
from reactive_schedules.search.searcher import Searcher


class GridOptions(Options):
    """Options of grid search."""

    trials: Trials = 8


@register_algorithm("grid", GridOptions)
def grid(problem: Problem, options: GridOptions) -> Searcher:
    """All trials at once, none of them stopped early."""
    from reactive_schedules.search.oracles import candidates

    values = candidates.grid(problem, options.trials)
    return Halving(values, [problem.epochs], problem.until, 1, problem.direction)
