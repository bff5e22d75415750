"""The dimensions of a search space: parameters, their values, and the conditions under which they exist.

A dimension is named by its path in the spec, such as `learning_rate.peak`. A range of durations has its unit in the
name, and numbers as values: `learning_rate.warmup (%)`.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from pydantic import field_validator, model_validator

from reactive_schedules import duration
from reactive_schedules.errors import SpecError, fault, prefixed
from reactive_schedules.families import FAMILIES
from reactive_schedules.fields import Interval, SpecModel
from reactive_schedules.search.selectors import Selector, selector_of

_FINITE = Interval("(-inf, inf)")
_UNIT = re.compile(r"(?P<path>.+) \((?P<unit>st|ep|%|ex)\)")


class Range(SpecModel):
    """A range of numbers, which are integers if both ends are.

    Attributes:
        low: Lower end.
        high: Upper end, included.
        log: Whether to sample the logarithm of the numbers uniformly.
    """

    low: int | float
    high: int | float
    log: bool = False

    @field_validator("low", "high", mode="before")
    @classmethod
    def _finite(cls, value: Any) -> int | float:
        return value if type(value) is int else _FINITE.number(value)

    @model_validator(mode="after")
    def _check_order(self) -> Range:
        if not self.low < self.high:
            raise fault("high", f"must be above low = {self.low}; got {self.high}")
        if self.log and self.low <= 0:
            raise fault("low", f"must be above 0 with log: true; got {self.low}")
        return self

    @property
    def whole(self) -> bool:
        """Whether the range contains only integers."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclasses.dataclass(frozen=True)
class Dimension:
    """A searched parameter of the spec.

    Attributes:
        path: Name, which is the path in the spec.
        values: Range, or choices in a form that KerasTuner supports: all text, or all numbers of one type.
        conditions: Other dimensions, with the choices for which this dimension exists.
        default: Value in the configuration; None if it is not in the space.
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
        """Converts a value of the spec to a value of this dimension; returns a value outside it if that fails."""
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
        """Whether the dimension exists, given the values of the other dimensions."""
        return all(values.get(selector) in choices for selector, choices in self.conditions)


def dimensions(start: Mapping[str, Any], space: Mapping[str, Any]) -> list[Dimension]:
    """The dimensions of a space, each after the dimensions it depends on.

    Args:
        start: Training spec as a mapping, plus the section `model`.
        space: Search space, with the same layout, and lists and ranges instead of values.

    Raises:
        SpecError: A value is not a list, a range or a section, or no choice of the section (family, optimizer, action)
            has the parameter. Names the path.
    """
    found = dict(_walk(space, ""))
    for path, values in found.items():
        _check_names(path, values)
    ordered: dict[str, Dimension] = {}

    def add(path: str) -> None:
        conditions = []
        for choice_path, selector, key in _selectors(path):
            searched = found.get(choice_path)
            choices = (
                searched
                if isinstance(searched, list)
                else [_value_at(start, choice_path) or selector.default]
            )
            users = tuple(choice for choice in choices if not selector.lacks(choice, key))
            if not users:
                raise SpecError(f"{path}: is not a parameter of {', '.join(map(str, choices))}")
            if len(users) < len(choices):
                if choice_path not in ordered:
                    add(choice_path)
                conditions.append((choice_path, users))
        dimension = Dimension(path, found[path], tuple(conditions))
        default = dimension.encoded(_value_at(start, split(path)[0]))
        if default not in dimension and isinstance(default, float) and default.is_integer():
            default = int(default)  # a spec has floats where a space may say [1, 2, 3]
        ordered[path] = dataclasses.replace(dimension, default=default if default in dimension else None)

    for path in found:
        if path not in ordered:
            add(path)
    return list(ordered.values())


def with_python_numbers(value: Any) -> Any:
    """The same with Python's numbers in place of NumPy's, as in a space that NumPy has computed."""
    match value:
        case np.generic():
            return value.item()
        case Mapping():
            return {key: with_python_numbers(item) for key, item in value.items()}
        case list():
            return [with_python_numbers(item) for item in value]
        case _:
            return value


def _check_names(path: str, values: Range | list[Any]) -> None:
    """Checks that the choices for a family, an optimizer or an action are names."""
    *sections, key = path.split(".")
    selector = selector_of(sections)
    if selector and key == selector.key:
        if isinstance(values, Range):
            raise SpecError(f"{path}: must be a list of names; got a range")
        if wrong := [value for value in map(from_text, values) if not isinstance(value, str)]:
            raise SpecError(f"{path}: must be a list of names; got {wrong[0]!r:.100}")


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Sets a dimension's value in a spec, unless the chosen family, optimizer or action does not have the parameter.

    A new family or optimizer keeps shared parameters, unless they have the default values of the old one.

    Raises:
        SpecError: The path contains an index that is not in the list.
    """
    path, unit = split(path)
    value = f"{Decimal(str(value)):f}{unit}" if unit else from_text(value)
    *sections, key = path.split(".")
    place, selector = document, None
    for depth, section in enumerate(sections, 1):
        place = _inside(place, section, path)
        selector = selector_of(sections[:depth])
        if selector and selector.lacks(place.get(selector.key, selector.default), (*sections, key)[depth]):
            return
    if selector and key == selector.key:
        old = place.get(key, selector.default)
        for other in [o for o in place if selector.lacks(value, o) or selector.defaults(old, o, place[o])]:
            del place[other]
    place[key] = _long_enough(value, place) if selector and key == "warmup" else value


def _long_enough(warmup: Any, learning_rate: Mapping[str, Any]) -> Any:
    """The warm-up, but at least a step for a family that needs one, as a small share of a run may round to none."""
    family = FAMILIES.get(learning_rate.get("family", ""))
    try:
        number, unit = duration.parse(warmup)
    except ValueError:  # the spec refuses it, unless it is max(…)
        return warmup
    least = family.least_warmup if family else 0
    if not least or number >= (1 if unit in ("%", "ep") else least):
        return warmup
    return f"max({warmup}, {least}st)" if isinstance(warmup, str) else least


def _inside(place: Any, key: str, path: str) -> Any:
    """The section `key` of `place`, which is created if it does not exist."""
    if isinstance(place, list):
        index = _index(key, place)
        if index is None:
            raise SpecError(f"{path}: index must be in [0, {len(place) - 1}]; got {key}")
        return place[index]
    if not isinstance(place.get(key), dict | list):
        place[key] = {}
    return place[key]


def leaves(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a nested mapping, by path."""
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def split(path: str) -> tuple[str, str | None]:
    """Splits the name of a dimension into its path in the spec and the unit of its durations, or None."""
    match = _UNIT.fullmatch(path)
    return (match["path"], match["unit"]) if match else (path, None)


def as_text(value: Any) -> str:
    """Converts a value to text, because KerasTuner does not mix types in a choice; `from_text` reverses it."""
    return value if isinstance(value, str) and from_text(value) == value else json.dumps(value)


def from_text(value: Any) -> Any:
    """Reverses `as_text`; other values are returned as they are."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _selectors(path: str) -> Iterator[tuple[str, Selector, str]]:
    """The path and selector of each choice that `path` depends on, and the key that the choice must have."""
    keys = split(path)[0].split(".")
    for depth in range(1, len(keys)):
        selector = selector_of(keys[:depth])
        if selector and keys[depth] != selector.key:
            yield ".".join([*keys[:depth], selector.key]), selector, keys[depth]


def _walk(section: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Range | list[Any]]]:
    for key, value in section.items():
        path = f"{prefix}{key}"
        match value:
            case []:
                raise SpecError(f"{path}: is an empty list; add values to choose from")
            case {} if not value:
                raise SpecError(f"{path}: is empty; add at least one list or range, or leave it out")
            case list():
                yield path, _choices(value)
            case {"low": _, **_rest} | {"high": _, **_rest}:
                yield _range(path, value)
            case dict():
                yield from _walk(value, f"{path}.")
            case _:
                raise SpecError(
                    f"{path}: must be a list, or a range such as {{low: 0.001, high: 0.1}}; got {value!r}"
                )


def _choices(values: list[Any]) -> list[Any]:
    """The values, each once, in a form that KerasTuner supports."""
    kinds = {type(value) for value in values}
    convert = int if kinds == {int} else float if kinds <= {int, float} else as_text
    return [*dict.fromkeys(map(convert, values))]


def _range(path: str, value: Mapping[str, Any]) -> tuple[str, Range]:
    low, high = (_duration(value.get(end)) for end in ("low", "high"))
    units = {end[1] for end in (low, high) if end and end[1]}
    if units and low and high:
        if len(units) > 1:
            raise SpecError(
                f"{path}: low and high must have the same unit; got {value['low']} and {value['high']}"
            )
        path = f"{path} ({units.pop()})"
        value = {**value, "low": _plain(low[0]), "high": _plain(high[0])}
    try:
        return path, Range.parse(value)
    except SpecError as error:
        raise prefixed(error, split(path)[0]) from None


def _duration(value: Any) -> tuple[Any, str | None] | None:
    """The number and unit of a duration, with unit None for 0; None if the value is not a duration."""
    if value == 0:
        return 0, None
    try:
        return duration.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _plain(number: Any) -> int | float:
    return int(number) if number == int(number) else float(number)


def _index(key: str, places: Sequence[Any]) -> int | None:
    return int(key) if re.fullmatch("[0-9]{1,9}", key) and int(key) < len(places) else None


def _value_at(document: Any, path: str) -> Any:
    for key in path.split("."):
        if isinstance(document, list | tuple):
            index = _index(key, document)
            document = None if index is None else document[index]
        else:
            document = document.get(key) if isinstance(document, Mapping) else None
    return document
