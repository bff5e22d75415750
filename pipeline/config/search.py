"""The `search` section of a configuration: what the Tuner tries, and how."""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from reactive_schedules import PlateauSpec, SpecError, TrainingSpec
from reactive_schedules.errors import fault, prefixed
from reactive_schedules.fields import Model
from reactive_schedules.search import registry, space
from reactive_schedules.search.options import Options

_DEFAULT = "random"


class SearchSection(Model):
    """What the Tuner tries. In a file, the algorithm's options stand beside the other keys.

    Fields:
        algorithm: see docs/tuner.md; one that is not in the library by its dotted path, package.module.name.
        options: those of the algorithm; see its file in `reactive_schedules.search.algorithms`.
        epochs: length of a trial; its schedule keeps the horizon of the whole training. By default a trial is a
            whole training.
        executions_per_trial: trainings of a trial, each with a seed of its own; the score is their mean.
        objective: name of the metric; by default that of the plateau.
        direction: "min" or "max"; None derives it from well-known names.
        second_objective: recorded beside the objective, for the trade-off between them.
        start: points tried first, after the configuration as written, in the layout of `space` with values.
        prior: trials of an earlier study; written as the path of its tuner_results.json.
        seed: of what is tried; the trials themselves have the seed of `training`.
        space: has the layout of `training`, plus `model` for hyperparameters of the model.
    """

    algorithm: str = _DEFAULT
    options: SerializeAsAny[Options]
    epochs: Annotated[int, Field(ge=1)] | None = None
    executions_per_trial: Annotated[int, Field(ge=1)] = 1
    objective: str | None = None
    direction: Literal["min", "max"] | None = None
    second_objective: Literal["updates", "seconds"] | None = None
    start: list[dict[str, Any]] = []
    prior: list[dict[str, Any]] = []
    seed: Annotated[int, Field(ge=0)] = 0
    space: dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _take_options(cls, data: Any) -> Any:
        """Gathers the keys that are not the section's own as options, and validates them as the algorithm's."""
        if not isinstance(data, Mapping):
            return data
        own = [key for key in cls.model_fields if key != "options"]
        name = data.get("algorithm", _DEFAULT)
        try:
            options = registry.find(str(name)).options
        except ValueError as error:
            raise fault("algorithm", str(error)) from None
        given = {key: value for key, value in data.items() if key not in own}
        for key in given:
            if key not in options.model_fields:
                raise fault(str(key), _not_an_option(str(key), name, [*own, *options.model_fields]))
        return {
            **{key: value for key, value in data.items() if key in own},
            "options": options.model_validate(given),
        }

    @model_serializer(mode="wrap")
    def _as_written(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        section = dump(self)
        options = section.pop("options")
        return {**section, **options}

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
    def _consistent(self) -> "SearchSection":
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


def _not_an_option(key: str, algorithm: str, known: list[str]) -> str:
    if having := registry.algorithms_with(key):
        return f"is not an option of {algorithm}; leave it out, or use {_either(having)}"
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"unknown key; {hint}known keys: {', '.join(known)}"


def _either(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


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
        training: the spec that its space varies.
        hyperparameters: those of the model, which its space varies, too.

    Raises:
        SpecError: an option, the space, a start point, or the objective of the prior does not fit them.
    """
    place = training.model_dump(mode="json"), hyperparameters, search.space
    try:
        search.options.check(min(search.epochs or training.epochs, training.epochs))
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
