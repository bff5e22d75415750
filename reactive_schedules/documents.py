"""Reads the YAML and JSON that people write, within bounds, as plain JSON values.

The values are mappings with text as keys, lists, text, finite numbers, true, false and null. Everything else that YAML
allows is refused with its line, as are numbers that YAML reads differently from how they look, such as 1_1 and 010.
Documents of the largest size that the bounds allow take about a second.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from reactive_schedules.numerals import DECIMAL
from reactive_schedules.printable import one_line

MOST_CHARACTERS = 2**20
"""Longest YAML text."""

MOST_DEPTH = 50
"""Most mappings and lists inside each other."""

MOST_VALUES = 100_000
"""Most values in a document, with aliases replaced by what they stand for."""

LARGEST_INTEGER = 2**63 - 1
"""Largest integer; the smallest is its negative."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")


class DocumentError(ValueError):
    """A text is not a plain document; the message is one line with the line of the fault and the remedy."""


def read_text(path: Path) -> str:
    """The text of a file that is meant to be read by people.

    Raises:
        DocumentError: The file is not UTF-8 text, or longer than YAML may be.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(4 * MOST_CHARACTERS + 1)  # a device never ends
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if len(content) > 4 * MOST_CHARACTERS:
            raise _too_long() from None
        raise DocumentError("is not UTF-8 text") from None


def from_yaml(text: str) -> Any:
    """The value of a YAML or JSON text; None for an empty one.

    Raises:
        DocumentError: The text is not valid, exceeds a bound, or has values that JSON does not.
    """
    found = all_from_yaml(text)
    if len(found) > 1:
        raise DocumentError("has more than one document; keep one, without lines of ---")
    return found[0] if found else None


def all_from_yaml(text: str) -> list[Any]:
    """The values of a YAML text with any number of documents, separated by lines of `---`.

    Raises:
        DocumentError: As for `from_yaml`.
    """
    if len(text) > MOST_CHARACTERS:
        raise _too_long()
    try:
        _check_size(text)
        return [_value(node) for node in yaml.compose_all(text, _LOADER)]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # The end of the text is behind its last line.
        where = f" at line {min(mark.line, text.count(chr(10))) + 1}" if mark else ""
        reason = one_line(getattr(error, "problem", None) or error)
        raise DocumentError(f"is not valid YAML{where}: {reason}") from None
    except UnicodeEncodeError:
        raise DocumentError("is not valid Unicode text") from None


def from_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        DocumentError: The text is not valid, or has numbers that are not finite or too large.
    """
    try:
        return json.loads(text, parse_int=_parsed_integer, parse_float=_parsed_float, parse_constant=_refused)
    except RecursionError:
        raise DocumentError("has too many lists or mappings inside each other") from None
    except DocumentError:
        raise
    except ValueError as error:
        raise DocumentError(f"is not valid JSON: {error}") from None


def _check_size(text: str) -> None:
    """Checks the bounds as far as that is possible before anything is built."""
    depth = values = 0
    for event in yaml.parse(text, _LOADER):
        values += isinstance(event, yaml.NodeEvent)
        if values > 2 * MOST_VALUES:  # keys are not values
            raise _too_many(event)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_DEPTH:
            raise _too_deep(event)


def _value(node: yaml.Node) -> Any:
    _extent(node, {})
    return SafeConstructor().construct_document(node)


def _extent(node: yaml.Node, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Checks a node; returns its number of values and its depth, both with aliases expanded.

    Args:
        node: Node of a composed document; an alias is the same node again.
        known: Results by id of the node; None while the node is being checked.
    """
    if id(node) in known:
        found = known[id(node)]
        if found is None:
            raise DocumentError(f"{_line(node)}: the anchor contains an alias of itself; remove the alias")
        return found
    known[id(node)] = None
    values, depth = 1, 0
    for child in _children(node):
        inner = _extent(child, known)
        values, depth = values + inner[0], max(depth, inner[1])
        if values > MOST_VALUES:
            raise _too_many(node)
    if isinstance(node, yaml.CollectionNode):
        depth += 1
        if depth > MOST_DEPTH:
            raise _too_deep(node)
    known[id(node)] = values, depth
    return values, depth


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    match node:
        case yaml.ScalarNode():
            _check_scalar(node)
        case yaml.SequenceNode(tag="tag:yaml.org,2002:seq"):
            yield from node.value
        case yaml.MappingNode(tag="tag:yaml.org,2002:map"):
            keys = set()
            for key, value in node.value:
                _check_key(key)
                if key.value in keys:
                    raise DocumentError(f"{_line(key)}: duplicate key {key.value}; keep one")
                keys.add(key.value)
                yield value
        case _:
            raise _tagged(node)


def _check_key(key: yaml.Node) -> None:
    if not isinstance(key, yaml.ScalarNode) or key.tag not in (f"{_TAG}str", f"{_TAG}merge"):
        raise DocumentError(f"{_line(key)}: the key {_shown(key)} is not text; put it in quotes")
    if not key.value.isprintable():
        raise DocumentError(f"{_line(key)}: the key {key.value[:40]!r} has invisible characters; remove them")


def _check_scalar(node: yaml.ScalarNode) -> None:
    match node.tag.removeprefix(_TAG):
        case "str" | "null":
            return
        case "bool":
            if node.value.lower() not in SafeConstructor.bool_values:
                raise _tagged(node)
        case "int":
            if _INTEGER.fullmatch(node.value) is None:
                raise _not_as_it_looks(node)
            _check_integer(node.value, f"{_line(node)}: ")
        case "float":
            if DECIMAL.fullmatch(node.value) is None:
                raise _not_as_it_looks(node)
            _check_finite(node.value, f"{_line(node)}: ")
        case "timestamp":
            raise DocumentError(f"{_line(node)}: {_shown(node)} is a date in YAML; put it in quotes")
        case _:
            raise _tagged(node)


def _check_integer(text: str, where: str = "") -> None:
    # Python refuses to convert thousands of digits.
    if len(text) > 20 or abs(int(text)) > LARGEST_INTEGER:
        raise DocumentError(f"{where}the integer {text[:20]}… has more than 64 bits; use a smaller one")


def _check_finite(text: str, where: str = "") -> None:
    if not math.isfinite(float(text)):
        raise DocumentError(f"{where}the number {text[:20]} is not finite; use a smaller one")


def _parsed_integer(text: str) -> int:
    _check_integer(text)
    return int(text)


def _parsed_float(text: str) -> float:
    _check_finite(text)
    return float(text)


def _refused(text: str) -> None:
    raise DocumentError(f"{text} is not a finite number; use one")


def _too_long() -> DocumentError:
    return DocumentError(f"has more than {MOST_CHARACTERS:,} characters; use a shorter file")


def _too_deep(found: Any) -> DocumentError:
    return DocumentError(
        f"{_line(found)}: more than {MOST_DEPTH} lists or mappings inside each other; use fewer"
    )


def _too_many(found: Any) -> DocumentError:
    return DocumentError(
        f"{_line(found)}: more than {MOST_VALUES:,} values, with aliases expanded; leave some out"
    )


def _not_as_it_looks(node: yaml.ScalarNode) -> DocumentError:
    return DocumentError(
        f"{_line(node)}: {_shown(node)} is a number in YAML that other programs read differently; write it in "
        "decimal digits, or put it in quotes if it is text"
    )


def _tagged(node: yaml.Node) -> DocumentError:
    tag = node.tag.replace(_TAG, "!!")
    return DocumentError(f"{_line(node)}: the tag {tag[:40]!r} is not supported; remove it")


def _shown(node: yaml.Node) -> str:
    return node.value[:40] if isinstance(node, yaml.ScalarNode) else "of several parts"


def _line(found: Any) -> str:
    return f"line {found.start_mark.line + 1}"
