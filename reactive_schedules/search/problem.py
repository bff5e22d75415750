"""What a search algorithm is given: the space, the objective, and what is known beforehand."""

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
    """What every algorithm is given, whatever its options.

    Attributes:
        hyperparameters: the space, of `to_hyperparameters`.
        direction: of the objective.
        horizon: epochs of a whole training, which the schedules of all trials are made for.
        epochs: length of a trial that is not stopped early; at most the horizon.
        seed: of what is tried.
        start: values to try first, by path; an algorithm tries these before its own.
        prior: values and score of earlier trials to learn from, all of them points of the space.
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
        """`Ask.until` of a trial that is not stopped early."""
        return None if self.epochs == self.horizon else self.epochs


def problem_of(
    search: Mapping[str, Any],
    hyperparameters: keras_tuner.HyperParameters,
    direction: Literal["min", "max"],
    horizon: int,
) -> Problem:
    """The problem that a configuration poses.

    The first trial is the configuration as written, then come the start points, then the best of the earlier
    trials, whose score may have changed since. Earlier trials that do not fit the space are ignored with a warning.

    Args:
        search: section `search` of a configuration as JSON, with complete start points by path; of it, `epochs`,
            `seed`, `start` and `prior`.
        hyperparameters: the space, of `to_hyperparameters`; its values are the first trial.
        direction: of the objective.
        horizon: epochs of a whole training.
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
