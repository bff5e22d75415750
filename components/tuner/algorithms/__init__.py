"""The search algorithms, behind one interface: `Searcher`."""

from collections.abc import Mapping
from typing import Any, Literal

import keras_tuner

from components.tuner.algorithms import candidates
from components.tuner.algorithms.halving import Halving
from components.tuner.algorithms.searcher import Ask, Searcher, Told

__all__ = ["Ask", "Searcher", "Told", "make"]


def make(
    search: Mapping[str, Any],
    hyperparameters: keras_tuner.HyperParameters,
    direction: Literal["min", "max"],
    epochs: int,
) -> Searcher:
    """The search that a configuration asks for.

    Args:
        search: the section `search` of the configuration, as JSON.
        hyperparameters: the space, of `schedules.space.to_hyperparameters`; its values are the first trial.
        direction: of the objective.
        epochs: of a whole training.
    """
    start = [dict(hyperparameters.values)]
    top = min(search["epochs"] or epochs, epochs)
    end = None if top == epochs else top
    values = candidates.random(hyperparameters, search["trials"], search["seed"], start)
    return Halving(values, [end], 1, direction)
