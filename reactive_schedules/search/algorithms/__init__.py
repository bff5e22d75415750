"""The search algorithms, behind one interface: `Searcher`.

KerasTuner's are asked through its oracles; Optuna's TPE is under a KerasTuner oracle, too. See docs/tuner.md.
"""

import logging
from collections.abc import Mapping
from typing import Any, Literal

import keras_tuner

from reactive_schedules.search.algorithms import candidates
from reactive_schedules.search.algorithms.halving import Halving
from reactive_schedules.search.algorithms.prior import fitting
from reactive_schedules.search.algorithms.searcher import Ask, Searcher, Told, rungs

__all__ = ["Ask", "Searcher", "Told", "make"]


def make(
    search: Mapping[str, Any],
    hyperparameters: keras_tuner.HyperParameters,
    direction: Literal["min", "max"],
    epochs: int,
) -> Searcher:
    """The search that a configuration asks for.

    Trials of an earlier study that do not fit the space are left out with a warning. Every search begins with the
    best of what remains, whose score may have changed since; tpe and bayesian also learn from all of it.

    Args:
        search: the section `search` of the configuration, as JSON, with complete start points by path.
        hyperparameters: the space, of `rs.space.to_hyperparameters`; its values are the first trial.
        direction: of the objective.
        epochs: of a whole training.
    """
    trials, seed, factor = search["trials"], search["seed"], search["factor"]
    top = min(search["epochs"] or epochs, epochs)
    until = None if top == epochs else top
    prior = fitting(hyperparameters, search["prior"])
    if len(prior) < len(search["prior"]):
        logging.warning(
            "search.prior: %d of %d trials lie outside the space and are ignored",
            len(search["prior"]) - len(prior),
            len(search["prior"]),
        )
    start = [dict(hyperparameters.values), *search["start"]]
    if prior:
        start.append((min if direction == "min" else max)(prior, key=lambda trial: trial[1])[0])
    levels = rungs(top, search["min_epochs"], factor)
    match search["algorithm"]:
        case "random" | "halving" as algorithm:
            drawn = candidates.random(hyperparameters, trials, seed, start)
            return Halving(drawn, levels if algorithm == "halving" else [top], until, factor, direction)
        case "grid":
            return Halving(candidates.grid(hyperparameters, trials, start), [top], until, factor, direction)
        case "hyperband":
            from reactive_schedules.search.algorithms.hyperband import Hyperband

            return Hyperband(hyperparameters, levels, until, factor, direction, seed, start)
        case "bayesian":
            from reactive_schedules.search.algorithms.bayesian import Bayesian

            return Bayesian(hyperparameters, trials, search["parallel"], until, direction, seed, start, prior)
        case "tpe":
            from reactive_schedules.search.algorithms.tpe import TPE

            return TPE(
                hyperparameters,
                trials,
                search["parallel"],
                levels,
                until,
                factor,
                direction,
                seed,
                start,
                prior,
            )
    raise ValueError(f"algorithm: there is no {search['algorithm']!r}")
