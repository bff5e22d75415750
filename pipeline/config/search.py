"""The `search` section of a configuration: what the Tuner tries, and how."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from reactive_schedules import PlateauSpec, SpecError, TrainingSpec
from reactive_schedules.errors import fault, prefixed
from reactive_schedules.fields import Model
from reactive_schedules.search import space

_OPTIONS = {
    "trials": ("random", "grid", "bayesian", "tpe", "halving"),
    "min_epochs": ("tpe", "hyperband", "halving"),
    "factor": ("tpe", "hyperband", "halving"),
    "parallel": ("bayesian", "tpe"),
}
"""Options of a search that only some algorithms have."""


class SearchSection(Model):
    """What the Tuner tries.

    Fields:
        algorithm: see docs/tuner.md.
        trials: at most so many; hyperband derives its own number from the epochs.
        epochs: after which a trial ends; its schedule keeps the horizon of the whole training. By default a
            trial is a whole training.
        min_epochs: after which trials are compared for the first time; by default epochs / factor².
        factor: how many trials compete for one place in the next rung.
        parallel: trials that are proposed at once, without knowing each other's results.
        executions_per_trial: trainings of a trial, each with a seed of its own; the score is their mean.
        objective: name of the metric; by default that of the plateau.
        direction: "min" or "max"; None derives it from well-known names.
        second_objective: recorded beside the objective, for the trade-off between them.
        start: tried first, after the configuration as written; each has the layout of `space` with values.
        prior: trials of an earlier study; written as the path of its tuner_results.json.
        seed: of what is tried; the trials themselves have the seed of `training`.
        space: has the layout of `training`, plus `model` for hyperparameters of the model.
    """

    algorithm: Literal["random", "grid", "bayesian", "tpe", "hyperband", "halving"] = "random"
    trials: Annotated[int, Field(ge=1)] = 8
    epochs: Annotated[int, Field(ge=1)] | None = None
    min_epochs: Annotated[int, Field(ge=1)] | None = None
    factor: Annotated[int, Field(ge=2)] = 3
    parallel: Annotated[int, Field(ge=1)] = 4
    executions_per_trial: Annotated[int, Field(ge=1)] = 1
    objective: str | None = None
    direction: Literal["min", "max"] | None = None
    second_objective: Literal["updates", "seconds"] | None = None
    start: list[dict[str, Any]] = []
    prior: list[dict[str, Any]] = []
    seed: Annotated[int, Field(ge=0)] = 0
    space: dict[str, Any]

    @field_validator("prior", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str | Path):
            return _trials(value, "these are")
        try:
            return _trials(json.loads(Path(value).read_text(encoding="utf-8")), f"{value}:")
        except OSError as error:
            raise ValueError(f"{value}: {error.strerror}; give a tuner_results.json") from None
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise ValueError(f"{value}: not JSON; give a tuner_results.json") from None

    @model_validator(mode="after")
    def _fits_the_algorithm(self) -> "SearchSection":
        for name, algorithms in _OPTIONS.items():
            if (
                getattr(self, name) != type(self).model_fields[name].default
                and self.algorithm not in algorithms
            ):
                raise fault(
                    name, f"means nothing to {self.algorithm}; leave it out, or use {' or '.join(algorithms)}"
                )
        if self.objective and not self.direction:
            try:
                PlateauSpec(monitor=self.objective)
            except ValueError:
                raise fault("direction", f"is not clear from {self.objective!r}; give min or max") from None
        if self.direction and not self.objective:
            raise fault(
                "direction", "belongs to an objective; give that too, or leave both to training.plateau"
            )
        return self


def _trials(records: Any, where: str) -> Any:
    if not isinstance(records, list) or not all(
        isinstance(each, dict) and "score" in each for each in records
    ):
        raise ValueError(f"{where} not a list of trials with a score; give a tuner_results.json")
    return records


def checked(search: SearchSection, training: TrainingSpec, hyperparameters: dict[str, Any]) -> SearchSection:
    """The same section, with every start point as complete values by path.

    Args:
        search: the section.
        training, hyperparameters: what its space is over: the spec, and the model's hyperparameters.

    Raises:
        SpecError: the space, a start point, or the objective of the prior, does not fit them.
    """
    place = training.model_dump(mode="json"), hyperparameters, search.space
    try:
        if search.min_epochs and search.min_epochs > min(search.epochs or training.epochs, training.epochs):
            raise SpecError(f"min_epochs: is more than the epochs of a trial; got {search.min_epochs}")
        _check_prior(search, training)
        space.check(*place)
        start = []
        for number, point in enumerate(search.start):
            try:
                start.append(space.complete(*place, point))
            except SpecError as error:
                raise prefixed(error, f"start.{number}") from None
    except SpecError as error:
        raise prefixed(error, "search") from None
    return search.model_copy(update={"start": start})


def _check_prior(search: SearchSection, training: TrainingSpec) -> None:
    """Scores of another objective would be learned from as if they were of this one; old records do not say."""
    if search.objective:
        plateau = PlateauSpec(monitor=search.objective, mode=search.direction)
    else:
        plateau = training.plateau or PlateauSpec()
    wanted = plateau.monitor, plateau.direction
    for record in search.prior:
        found = record.get("objective", wanted[0]), record.get("direction", wanted[1])
        if found != wanted:
            raise SpecError(
                f"prior: its scores are {found[0]} ({found[1]}), those of this search {wanted[0]} ({wanted[1]}); "
                "take the results of a search with the same objective"
            )
