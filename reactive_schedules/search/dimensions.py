"""The dimensions of a search space: what is searched, between which values, and for which families.

A dimension is named by its path in the spec: `learning_rate.peak`. One that ranges over durations has the unit
in its name, and numbers as values: `learning_rate.warmup (%)`.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import model_validator

from reactive_schedules import duration
from reactive_schedules.errors import SpecError, fault, prefixed
from reactive_schedules.families import FAMILIES
from reactive_schedules.fields import Model
from reactive_schedules.plateau.spec import PlateauSpec, fields_by_action
from reactive_schedules.spec.optimizers import OPTIMIZERS

_UNIT = re.compile(r"(?P<path>.+) \((?P<unit>st|ep|%|ex)\)")


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

    @property
    def whole(self) -> bool:
        """Whether it holds integers only."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclasses.dataclass(frozen=True)
class Dimension:
    """One searched value of the spec.

    Attributes:
        path: its name.
        values: a range, or the choices as KerasTuner can hold them: all text, or all numbers of one type.
        conditions: it exists only where each of these other dimensions has one of these choices.
        default: what the configuration says, where that lies in the space.
    """

    path: str
    values: Range | list[Any]
    conditions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    default: Any = None

    def __contains__(self, value: Any) -> bool:
        if isinstance(self.values, list):
            return any(type(value) is type(choice) and value == choice for choice in self.values)
        number = isinstance(value, int if self.values.whole else int | float) and not isinstance(value, bool)
        return number and self.values.low <= value <= self.values.high

    def encoded(self, value: Any) -> Any:
        """The value of this dimension that stands for `value` of the spec; one outside it for none."""
        if unit := split(self.path)[1]:
            try:
                number, other = duration.parse(value)
            except ValueError:
                return value
            return _plain(number) if other == unit or number == 0 else value
        match self.values:
            case [str(), *_] if value not in self:
                return as_text(value)
            case [float(), *_] if type(value) is int:
                return float(value)
        return value

    def active(self, values: Mapping[str, Any]) -> bool:
        """Whether it exists beside `values` of the other dimensions."""
        return all(values.get(selector) in choices for selector, choices in self.conditions)


def dimensions(start: Mapping[str, Any], space: Mapping[str, Any]) -> list[Dimension]:
    """What is searched; a dimension comes after those it depends on.

    Args:
        start: the training spec as a mapping, plus `model`.
        space: has the same layout, with lists and ranges in the place of values.

    Raises:
        SpecError: a value is neither a list, nor a range, nor a section that holds some; or no choice of the
            section (family, optimizer, action) has the parameter. Names its path.
    """
    found = dict(_walk(space, ""))
    ordered: dict[str, Dimension] = {}

    def add(path: str) -> None:
        conditions = []
        for selector, kind, key in _selectors(path):
            choices = found.get(selector) or [_value_at(start, selector) or kind.default]
            users = tuple(choice for choice in choices if not kind.lacks(choice, key))
            if not users:
                raise SpecError(f"{path}: no such parameter in {', '.join(map(str, choices))}")
            if len(users) < len(choices):
                if selector not in ordered:
                    add(selector)
                conditions.append((selector, users))
        dimension = Dimension(path, found[path], tuple(conditions))
        default = dimension.encoded(_value_at(start, split(path)[0]))
        ordered[path] = dataclasses.replace(dimension, default=default if default in dimension else None)

    for path in found:
        if path not in ordered:
            add(path)
    return list(ordered.values())


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Writes a dimension's value into a spec; does nothing where the chosen family, optimizer or action lacks it.

    A new family or optimizer keeps the parameters that it has too, unless they are the defaults of the old one.

    Raises:
        SpecError: an index into a list that has no such entry.
    """
    path, unit = split(path)
    value = f"{Decimal(str(value)):f}{unit}" if unit else from_text(value)
    *sections, key = path.split(".")
    place, kind = document, None
    for depth, section in enumerate(sections, 1):
        place = _inside(place, section, path)
        kind = _kind(sections[:depth])
        if kind and kind.lacks(place.get(kind.selector, kind.default), (*sections, key)[depth]):
            return
    if kind and key == kind.selector:
        old = place.get(key, kind.default)
        for other in [o for o in place if kind.lacks(value, o) or kind.defaults(old, o, place[o])]:
            del place[other]
    place[key] = value


def _inside(place: Any, key: str, path: str) -> Any:
    """The section of `place` that `key` names; a new one where there is none."""
    if isinstance(place, list):
        if not key.isdigit() or int(key) >= len(place):
            raise SpecError(f"{path}: there are {len(place)} entries, from 0; got {key}")
        return place[int(key)]
    if not isinstance(place.get(key), dict | list):
        place[key] = {}
    return place[key]


def leaves(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Values by path."""
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def split(path: str) -> tuple[str, str | None]:
    """A dimension's path in the spec, and the unit of its numbers if they are durations."""
    match = _UNIT.fullmatch(path)
    return (match["path"], match["unit"]) if match else (path, None)


def as_text(value: Any) -> str:
    """A value that KerasTuner cannot hold beside others, as text that `from_text` reads back."""
    return value if isinstance(value, str) and from_text(value) == value else json.dumps(value)


def from_text(value: Any) -> Any:
    """What `as_text` wrote; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


@dataclasses.dataclass(frozen=True)
class _Kind:
    """A section in which one key, the selector, decides which others there are."""

    selector: str
    default: str | None
    fields: Mapping[str, Container[str]]

    def lacks(self, choice: str | None, key: str) -> bool:
        """Whether another choice has `key`, but this one does not; a key that none has is not judged here."""
        return key not in self.fields.get(choice, ()) and any(key in each for each in self.fields.values())

    def defaults(self, choice: str | None, key: str, value: Any) -> bool:
        """Whether `value` is what a choice has by itself, as a constant rate has no warm-up."""
        fields = self.fields.get(choice)
        return isinstance(fields, Mapping) and key in fields and fields[key].default == value


_LEARNING_RATE = _Kind("family", None, {name: family.model_fields for name, family in FAMILIES.items()})
_OPTIMIZER = _Kind("name", "sgd", {name: kind.model_fields for name, kind in OPTIMIZERS.items()})


def _kind(section: Sequence[str]) -> _Kind | None:
    match section:
        case ["optimizer"]:
            return _OPTIMIZER
        case ["plateau"]:
            return _Kind("action", PlateauSpec.model_fields["action"].default, fields_by_action())
        case ["learning_rate", *parts]:
            # A part of a sequence is a learning rate again.
            nested = all(key == "parts" for key in parts[::2]) and len(parts) % 2 == 0
            return _LEARNING_RATE if nested else None
    return None


def _selectors(path: str) -> Iterator[tuple[str, _Kind, str]]:
    """Paths of the choices that `path` depends on, and the key that each must have for it to exist."""
    keys = split(path)[0].split(".")
    for depth in range(1, len(keys)):
        kind = _kind(keys[:depth])
        if kind and keys[depth] != kind.selector:
            yield ".".join([*keys[:depth], kind.selector]), kind, keys[depth]


def _walk(section: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Range | list[Any]]]:
    for key, value in section.items():
        path = f"{prefix}{key}"
        match value:
            case []:
                raise SpecError(f"{path}: is an empty list; give the values to choose from")
            case list():
                yield path, _choices(value)
            case {"low": _, **_rest} | {"high": _, **_rest}:
                yield _range(path, value)
            case dict():
                yield from _walk(value, f"{path}.")
            case _:
                raise SpecError(
                    f"{path}: must be a list or a range such as {{low: 0.001, high: 0.1}}; got {value!r}"
                )


def _choices(values: list[Any]) -> list[Any]:
    kinds = {type(value) for value in values}
    if kinds == {int}:
        return values
    if kinds <= {int, float}:
        return [float(value) for value in values]
    return [as_text(value) for value in values]


def _range(path: str, value: Mapping[str, Any]) -> tuple[str, Range]:
    ends = {key: _duration(value.get(key)) for key in ("low", "high")}
    units = {unit for number, unit in filter(None, ends.values()) if unit}
    if units and all(ends.values()):
        if len(units) > 1:
            raise SpecError(
                f"{path}: low and high must have one unit; got {value['low']} and {value['high']}"
            )
        path = f"{path} ({units.pop()})"
        value = {**value, **{key: _plain(end[0]) for key, end in ends.items()}}
    try:
        return path, Range.parse(value)
    except SpecError as error:
        raise prefixed(error, split(path)[0]) from None


def _duration(value: Any) -> tuple[Any, str | None] | None:
    """Number and unit; a 0 has none, and anything else is no duration."""
    if value == 0:
        return 0, None
    try:
        return duration.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _plain(number: Any) -> int | float:
    return int(number) if number == int(number) else float(number)


def _value_at(document: Any, path: str) -> Any:
    for key in path.split("."):
        if isinstance(document, list | tuple):
            document = document[int(key)] if key.isdigit() and int(key) < len(document) else None
        else:
            document = document.get(key) if isinstance(document, Mapping) else None
    return document
