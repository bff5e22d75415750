"""The input of a search algorithm: the space, the objective, start points and earlier trials."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from reactive_schedules.search.prior import fitting

if TYPE_CHECKING:
    import keras_tuner

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Problem:
    """The input of every algorithm, besides its options.

    Attributes:
        hyperparameters: Search space, from `to_hyperparameters`.
        direction: Direction of the objective.
        horizon: Number of epochs of a full run, which is the horizon of all trials' schedules.
        epochs: Number of epochs of a trial that is not stopped early; at most the horizon.
        seed: Seed for the choice of values.
        start: Start points, values by path that the algorithm tries first.
        prior: Values and scores of earlier trials to learn from, all in the space.
    """

    hyperparameters: keras_tuner.HyperParameters
    direction: Literal["min", "max"]
    horizon: int
    epochs: int
    seed: int = 0
    start: Sequence[Mapping[str, Any]] = ()
    prior: Sequence[tuple[Mapping[str, Any], float]] = ()

    @property
    def until(self) -> int | None:
        """`Ask.until` for a trial that is not stopped early."""
        return None if self.epochs == self.horizon else self.epochs

    @property
    def tried(self) -> list[Mapping[str, Any]]:
        """Values of earlier trials that are not to be tried again, which are all but the start points."""
        return [values for values, _ in self.prior if values not in self.start]


def problem_of(
    search: Mapping[str, Any],
    hyperparameters: keras_tuner.HyperParameters,
    direction: Literal["min", "max"],
    horizon: int,
) -> Problem:
    """The problem that a configuration describes.

    The first trial is the configuration as written. Next are the start points, then the best earlier trial, because its
    score may have changed. Earlier trials outside the space are ignored with a warning.

    Args:
        search: Section `search` of a configuration as JSON, with complete start points by path. Uses `epochs`, `seed`,
            `start` and `prior`.
        hyperparameters: Search space, from `to_hyperparameters`; its values are the first trial.
        direction: Direction of the objective.
        horizon: Number of epochs of a full run.
    """
    prior = fitting(hyperparameters, search["prior"])
    if len(prior) < len(search["prior"]):
        logger.warning(
            "search.prior: %d of %d trials lie outside the space and are ignored",
            len(search["prior"]) - len(prior),
            len(search["prior"]),
        )
    start = [dict(hyperparameters.values), *search["start"]]
    if prior:
        start.append((min if direction == "min" else max)(prior, key=lambda trial: trial[1])[0])
    epochs = min(search["epochs"] or horizon, horizon)
    return Problem(hyperparameters, direction, horizon, epochs, search["seed"], start, prior)
