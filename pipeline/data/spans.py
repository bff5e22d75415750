"""Data that arrives in spans, such as a folder for each day; the latest one is trained on."""

import datetime
import glob
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from components.errors import DataError

_PLACE = re.compile(r"\{(SPAN|VERSION|YYYY|MM|DD)(?::([1-9]\d?))?\}")
"""A placeholder of TFX's ExampleGen; SPAN and VERSION may state a number of digits."""

_DATE = ("YYYY", "MM", "DD")

_DIGITS = {"YYYY": "{4}", "MM": "{2}", "DD": "{2}"}

_EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class Span:
    """A span of data.

    Attributes:
        path: Its folder or file.
        number: Its number; of a date, the days since 1970, as in TFX.
        version: Version of the span, if it has versions.
        spans: How many spans there are.
    """

    path: Path
    number: int
    version: int | None
    spans: int

    @property
    def line(self) -> str:
        """What the user should know about it."""
        of = f", version {self.version}" if self.version is not None else ""
        return f"data.path: span {self.number}{of}, the latest of {self.spans:,}: {self.path}"


def latest(path: Path) -> Span | None:
    """Returns the latest version of the latest span; None if the path has no placeholders, or exists as it is.

    Args:
        path: A path with `{SPAN}`, or with `{YYYY}`, `{MM}` and `{DD}`, and perhaps with `{VERSION}`.

    Raises:
        DataError: There is no span, two paths are the same one, or the placeholders make no sense.
    """
    names = [place[1] for place in _PLACE.finditer(str(path))]
    if not names or path.exists():
        return None
    if sorted(set(names) - {"VERSION"}) not in (["SPAN"], sorted(_DATE)) or len(set(names)) < len(names):
        raise DataError(
            f"data.path: {path} must contain {{SPAN}}, or {{YYYY}}, {{MM}} and {{DD}}, once each, and perhaps "
            "{VERSION}"
        )
    found: dict[tuple[int, int], Path] = {}
    for each, span, version in _matches(path):
        if (key := (span, -1 if version is None else version)) in found:
            raise DataError(f"data.path: {found[key]} and {each} are the same span; remove one of them")
        found[key] = each
    if not found:
        raise DataError(f"data.path: nothing matches {path}, where {{{names[0]}}} stands for digits")
    span, version = max(found)
    count = len({number for number, _ in found})
    return Span(found[span, version], span, None if version < 0 else version, count)


def is_pattern(path: str) -> bool:
    """Whether a path has placeholders."""
    return _PLACE.search(path) is not None


def is_here(path: Path) -> bool:
    """Whether a path is a pattern of spans, of which there are some."""
    return is_pattern(str(path)) and any(_matches(path))


def _matches(path: Path) -> Iterator[tuple[Path, int, int | None]]:
    """Yields the paths that match, with span and version."""
    root = path.absolute().anchor
    text = str(path.absolute()).removeprefix(root)
    regex, wildcards, end = "", "", 0
    for place in _PLACE.finditer(text):
        literal, end = text[end : place.start()], place.end()
        digits = f"{{{place[2]}}}" if place[2] else _DIGITS.get(place[1], "+")
        regex += f"{re.escape(literal)}(?P<{place[1]}>[0-9]{digits})"
        wildcards += f"{glob.escape(literal)}*"
    regex, wildcards = regex + re.escape(text[end:]), wildcards + glob.escape(text[end:])
    for each in sorted(Path(root).glob(wildcards)):
        if found := re.fullmatch(regex, str(each).removeprefix(root)):
            parts = {name: int(digits) for name, digits in found.groupdict().items()}
            yield each, _number(each, parts), parts.get("VERSION")


def _number(path: Path, parts: dict[str, int]) -> int:
    if "SPAN" in parts:
        return parts["SPAN"]
    try:
        return (datetime.date(*(parts[name] for name in _DATE)) - _EPOCH).days
    except ValueError:
        raise DataError(f"data.path: {path} does not name a date; rename it") from None
