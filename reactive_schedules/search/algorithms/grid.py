"""KerasTuner's grid search: full runs with all combinations of values, with ten values per range."""

from reactive_schedules.search.algorithms.halving import Halving
from reactive_schedules.search.options import Options, Trials
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.registry import register_algorithm
from reactive_schedules.search.searcher import Searcher


class GridOptions(Options):
    """The options of grid search."""

    trials: Trials = 8


@register_algorithm("grid", GridOptions)
def grid(problem: Problem, options: GridOptions) -> Searcher:
    """Runs all trials in a single stage, without early stopping."""
    from reactive_schedules.search.oracles import candidates

    values = candidates.grid(problem, options.trials)
    return Halving(values, [problem.epochs], problem.until, 1, problem.direction)
