"""Errors about specs: one line per fault, beginning with the path of the key."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from reactive_schedules.printable import one_line

MOST_FAULTS = 20
"""Faults of a spec that are listed; the others are counted."""

_TYPES = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys to values",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "an integer",
    "int_parsing": "an integer",
    "int_type": "an integer",
    "list_type": "a list",
    "model_attributes_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "path_type": "a path",
    "string_type": "text",
    "tuple_type": "a list",
}
"""What a value must be, by pydantic's name of the fault."""


class SpecError(ValueError):
    """A spec, or an argument of a schedule, is invalid. Has one line per fault, `path: what is wrong`.

    Example:
        >>> rs.Constant(-1)
        Traceback (most recent call last):
        reactive_schedules.errors.SpecError: peak: must be a number in (0, inf); got -1
    """

    def __str__(self) -> str:
        return "\n".join(map(one_line, super().__str__().split("\n")))


def fault(key: str, text: str) -> PydanticCustomError:
    """The error for a validator to raise about one of its model's keys."""
    return PydanticCustomError("fault", "{text}", {"key": key, "text": text})


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question for an error message, such as `did you mean peak? `; empty if no known word is similar."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {one_line(close[0], 100)}? " if close else ""


def spec_error(error: ValidationError, data: Any) -> SpecError:
    """Converts pydantic's error about `data`."""
    items = _merged(error.errors(include_url=False), data)
    shown = items[:MOST_FAULTS]
    lines = [_line(item) for item in shown if not _follows_from_another(item, shown)]
    if len(items) > MOST_FAULTS:
        lines.append(f"{lines[-1].partition(':')[0]}: and {len(items) - MOST_FAULTS:,} more faults")
    return SpecError("\n".join(lines))


def prefixed(error: ValueError, path: str) -> SpecError:
    """The same faults, with `path` before their keys."""
    return SpecError("\n".join(f"{path}.{line}" for line in str(error).splitlines()))


def _merged(items: Sequence[Mapping[str, Any]], data: Any) -> list[Mapping[str, Any]]:
    """The faults, with one about a value that may be of several types instead of one about each type."""
    merged: dict[Any, dict[str, Any]] = {}
    for number, item in enumerate(items):
        path, type_ = _path(item["loc"], data), _TYPES.get(item["type"])
        key = tuple(path) if type_ else number
        if key in merged:
            merged[key]["types"][type_] = None
        else:
            merged[key] = {**item, "path": path, "types": {type_: None}}
    return list(merged.values())


def _follows_from_another(item: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a list is "too short" only because its entries are invalid, which is reported anyway."""
    depth = len(item["loc"])
    inner = (other["loc"] for other in items if len(other["loc"]) > depth)
    return item["type"] == "too_short" and any(location[:depth] == item["loc"] for location in inner)


def _line(item: Mapping[str, Any]) -> str:
    path = item["path"]
    context = item.get("ctx", {})
    if "key" in context:
        path = [*path, context["key"]]
    if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path = [*path, context["discriminator"].strip("'")]
    text = _text(item, context)
    if item["type"] == "value_error" and isinstance(item["input"], Mapping | BaseModel):
        # A validator of a whole model names its key at the beginning of the message.
        key, colon, rest = text.partition(": ")
        if colon and key.isidentifier():
            path, text = [*path, key], rest
    return one_line(f"{'.'.join(path) or 'spec'}: {text}")


def _text(item: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    match item["type"]:
        case "fault":
            return context["text"]
        case "value_error":
            return str(context["error"])
        case "missing":
            return "is missing; add it"
        case "union_tag_invalid":
            return f"must be one of {context['expected_tags']}; got {context['tag']!r}"
        case "union_tag_not_found":
            return "is missing; add it"
        case "literal_error":
            return f"must be one of {context['expected'].replace(' or ', ', ')}; got {item['input']!r}"
        case name if name in _TYPES:
            quotes = ", in quotes" if [*item["types"]] == ["text"] and isinstance(item["input"], Real) else ""
            return f"must be {' or '.join(item['types'])}{quotes}; got {item['input']!r}"
        case _:
            text = re.sub("^(Input|List|Tuple|String) should", "must", item["msg"])
            return f"{text.replace(' after validation', '')}; got {item['input']!r}"


def _path(location: Sequence[str | int], data: Any) -> list[str]:
    """The location, without the tags that pydantic adds for the members of unions."""
    path = []
    for part in location:
        if isinstance(data, Mapping):
            is_tag = part not in data and part in (data.get("family"), data.get("name"))
        else:  # which has no keys
            is_tag = isinstance(part, str)
        if is_tag:
            continue
        path.append(str(part))
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            data = {}  # what it was made into is not known: no part of the rest is taken for a tag
    return path
