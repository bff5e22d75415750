"""The search space of a training spec.

A space has the layout of the spec. Where the spec has a value, the space has a list to choose from, or a range
`{low: …, high: …, log: true}`. Parameters that families share by name are shared in the space too, and a
parameter that a family does not have is not searched for that family.

```yaml
learning_rate:
  family: [constant, one_cycle]
  peak: {low: 0.001, high: 0.1, log: true}
plateau:
  patience: [2, 4]
model:            # not part of the spec: hyperparameters of the user's model
  width: [32, 64]
```

A hyperparameter is named by its path: `learning_rate.peak`, `model.width`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from schedules.errors import SpecError, fault, prefixed
from schedules.families import FAMILIES
from schedules.fields import Model
from schedules.spec import TrainingSpec

if TYPE_CHECKING:
    import keras_tuner

FAMILY = "learning_rate.family"
_RATE = "learning_rate."
_MODEL = "model."


class Range(Model):
    """Numbers from `low` to `high`, whole ones when both are; `log` spreads them evenly by ratio."""

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _check_order(self) -> Range:
        if not self.low < self.high:
            raise fault("high", f"must be above low = {self.low}; got {self.high}")
        if self.log and self.low <= 0:
            raise fault("low", f"must be above 0 where log is true; got {self.low}")
        return self


Choices = list[Any]


def dimensions(space: Mapping[str, Any]) -> dict[str, Range | Choices]:
    """What is searched, by path.

    Raises:
        SpecError: a value is neither a list, nor a range, nor a section that holds some; names its path, which
            begins with `space`.
    """
    if not space:
        raise SpecError("space: is empty; give at least one list or range to search")
    try:
        return dict(_walk(space, ""))
    except SpecError as error:
        raise prefixed(error, "space") from None


def _walk(section: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Range | Choices]]:
    for key, value in section.items():
        path = f"{prefix}{key}"
        match value:
            case []:
                raise SpecError(f"{path}: is an empty list; give the values to choose from")
            case list():
                yield path, value
            case {"low": _, **_rest} | {"high": _, **_rest}:
                try:
                    yield path, Range.parse(value)
                except SpecError as error:
                    raise prefixed(error, path) from None
            case dict():
                yield from _walk(value, f"{path}.")
            case _:
                raise SpecError(
                    f"{path}: must be a list or a range such as {{low: 0.001, high: 0.1}}; got {value!r}"
                )


def families_with(path: str, families: Choices) -> Choices:
    """Those of `families` that have the learning-rate parameter at `path`."""
    name = path.removeprefix(_RATE).split(".")[0]
    return [family for family in families if family in FAMILIES and name in FAMILIES[family].model_fields]


def check(training: Mapping[str, Any], space: Mapping[str, Any]) -> None:
    """Tries the ends of every range and every choice, with every family.

    Args:
        training: a `TrainingSpec` as a mapping.
        space: what to vary of it.

    Raises:
        SpecError: names the path in the space, which begins with `space`.
    """
    found = dimensions(space)
    families = found.get(FAMILY, [training["learning_rate"]["family"]])
    for family in families:
        _try(training, {FAMILY: family}, FAMILY)
    for path, dimension in found.items():
        if path.startswith(_MODEL) or path == FAMILY:
            continue
        users = families_with(path, families) if path.startswith(_RATE) else families[:1]
        if not users:
            raise SpecError(f"space.{path}: no such parameter in {', '.join(families)}")
        for value in [dimension.low, dimension.high] if isinstance(dimension, Range) else dimension:
            _try(training, {FAMILY: users[0], path: value}, path)


def _try(training: Mapping[str, Any], values: Mapping[str, Any], path: str) -> None:
    try:
        from_hyperparameters(training, {}, values)
    except SpecError as error:
        line = str(error).splitlines()[0]
        raise SpecError(f"space.{line}" if line.startswith(path) else f"space.{path}: {line}") from None


def from_hyperparameters(
    training: Mapping[str, Any], model: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[TrainingSpec, dict[str, Any]]:
    """The spec and the model's hyperparameters with `values` put in their places.

    Of `training`, another family keeps the learning-rate parameters it has too; a value in `values` for a
    parameter that the family does not have is left out.

    Args:
        training: a `TrainingSpec` as a mapping.
        model: hyperparameters of the model.
        values: by path; KerasTuner's own entries (`tuner/…`) are passed over.

    Raises:
        SpecError: the result is not a valid spec.
    """
    document, model = copy.deepcopy(dict(training)), dict(model)
    rate = document["learning_rate"]
    family = values.get(FAMILY, rate["family"])
    if family != rate["family"] and family in FAMILIES:
        known = FAMILIES[family].model_fields
        rate = {key: value for key, value in rate.items() if key in known}
    document["learning_rate"] = {**rate, "family": family}
    for path, value in values.items():
        if path.startswith("tuner/"):
            continue
        if path.startswith(_MODEL):
            model[path.removeprefix(_MODEL)] = value
        elif not path.startswith(_RATE) or family not in FAMILIES or families_with(path, [family]):
            *sections, key = path.split(".")
            place = document
            for section in sections:
                if not isinstance(place.get(section), dict):
                    place[section] = {}
                place = place[section]
            place[key] = value
    return TrainingSpec.parse(document), model


def to_hyperparameters(
    training: Mapping[str, Any], model: Mapping[str, Any], space: Mapping[str, Any]
) -> keras_tuner.HyperParameters:
    """The space for KerasTuner; what `training` and `model` say is the default where it lies in the space."""
    import keras_tuner

    hyperparameters = keras_tuner.HyperParameters()
    found = dimensions(space)
    start = {"model": model, **training}
    families = found.pop(FAMILY, None)
    if families:
        _add(hyperparameters, FAMILY, families, start)
    for path, dimension in found.items():
        users = families_with(path, families) if families and path.startswith(_RATE) else families
        if users == families:
            _add(hyperparameters, path, dimension, start)
        else:
            with hyperparameters.conditional_scope(FAMILY, users):
                _add(hyperparameters, path, dimension, start)
    return hyperparameters


def _add(
    hyperparameters: keras_tuner.HyperParameters, path: str, dimension: Range | Choices, start: Any
) -> None:
    for key in path.split("."):
        start = start.get(key) if isinstance(start, Mapping) else None
    if not isinstance(dimension, Range):
        hyperparameters.Choice(path, dimension, default=start if start in dimension else None)
        return
    inside = isinstance(start, int | float) and dimension.low <= start <= dimension.high
    whole = isinstance(dimension.low, int) and isinstance(dimension.high, int)
    add = hyperparameters.Int if whole else hyperparameters.Float
    add(
        path,
        dimension.low,
        dimension.high,
        sampling="log" if dimension.log else "linear",
        default=start if inside else None,
    )
