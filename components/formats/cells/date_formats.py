"""How dates and times are written: one regular expression per format.

The expressions are RE2's, so that Arrow reads training data and TensorFlow reads rows in the served model alike. A
format is written as for Python's `strptime`, or is one of the names `ISO`, `epoch seconds` and `epoch milliseconds`.
"""

import functools
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

ISO = "ISO"
"""ISO 8601: a date such as 2024-01-31, perhaps with a time after "T" or a space, a fraction, "Z" or an offset."""

EPOCHS = {"epoch seconds": 1, "epoch milliseconds": 1000}
"""Formats of numbers that count from 1970 in UTC, and their units per second."""

FIELDS = ("year", "month", "day", "hour", "minute", "second", "half", "zone", "zone_minute")
"""Groups of the expressions, which have at most these nine, as many as RE2 can refer to in a replacement."""

DEFAULTS = {"year": 1900, "month": 1, "day": 1}
"""What a field is that a format does not have, as in `strptime`; others are 0."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""How the names of months begin."""

_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_YEAR, _MONTH, _DAY = "(?P<year>[0-9]{4})", "(?P<month>1[0-2]|0?[1-9])", "(?P<day>3[01]|[12][0-9]|0?[1-9])"
_HOUR, _MINUTE, _SECOND = "(?P<hour>2[0-3]|[01]?[0-9])", "(?P<minute>[0-5]?[0-9])", "(?P<second>[0-5]?[0-9])"
_DIRECTIVES = {
    "Y": _YEAR,
    "y": "(?P<year>[0-9]{2})",
    "m": _MONTH,
    "b": f"(?P<month>{'|'.join(MONTHS)})",
    "B": f"(?P<month>{'|'.join(_NAMES)})",
    "d": _DAY,
    "H": _HOUR,
    "I": "(?P<hour>1[0-2]|0?[1-9])",
    "M": _MINUTE,
    "S": _SECOND,
    "f": "[0-9]{1,6}",
    "p": "(?P<half>[ap])m",
    "z": "(?:(?P<zone>[+-][0-9]{2}):?(?P<zone_minute>[0-5][0-9])|Z)",
    "a": f"(?:{'|'.join(name[:3] for name in _DAYS)})",
    "A": f"(?:{'|'.join(_DAYS)})",
    "%": "%",
}
_ISO = (
    "(?P<year>[0-9]{4})-(?P<month>1[0-2]|0[1-9])-(?P<day>3[01]|[12][0-9]|0[1-9])"
    "(?:[T ](?P<hour>2[0-3]|[01][0-9]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9])(?:[.,][0-9]{1,9})?)?"
    " ?(?:Z|UTC|(?P<zone>[+-][0-9]{2})(?::?(?P<zone_minute>[0-5][0-9]))?)?)?"
)

_COMMON = (
    ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d"),
    ("%d.%m.%y", "%d/%m/%y", "%m/%d/%y"),
    ("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y", "%B %d %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
FORMATS = (
    ISO,
    *(f"{date}{time}" for date, time in itertools.product(itertools.chain(*_COMMON), _TIMES)),
    "%Y-%m",
    "%H:%M",
    "%H:%M:%S",
)
"""Formats that are recognised in data; a column may have several, for example where no day is above the 12th."""


@dataclass(frozen=True)
class Pattern:
    """How a cell of one format is taken apart.

    Attributes:
        regex: Expression for RE2 that matches the whole cell, with groups named as in `FIELDS`.
        fields: Names of the groups, in order.
        has_short_year: Whether years have two digits: 69 to 99 are of the 20th century, as in `strptime`.
        has_names: Whether months are names.
    """

    regex: str
    fields: tuple[str, ...]
    has_short_year: bool = False
    has_names: bool = False


def fault(format: str) -> str | None:
    """Returns what is wrong with a format, and the remedy; None if it can be used."""
    if format == ISO or format in EPOCHS:
        return None
    directives = re.findall("%(.?)", format, re.DOTALL)
    if unknown := [each for each in directives if each not in _DIRECTIVES]:
        known = " ".join(f"%{each}" for each in _DIRECTIVES if each != "%")
        return f"%{unknown[0]} is not supported; use {known}, or one of {', '.join((ISO, *EPOCHS))}"
    fields = [field for each in directives for field in _fields(_DIRECTIVES[each])]
    if not fields:
        return f"there is no date in it; write one such as %d.%m.%Y, or one of {', '.join((ISO, *EPOCHS))}"
    if repeated := [field for field in fields if fields.count(field) > 1]:
        return f"it has more than one directive for the {repeated[0]}; keep one"
    if "year" not in fields and ("month" in fields or "day" in fields):
        return "it has no year; add %Y or %y"
    if ("I" in directives) != ("half" in fields):
        return "%I and %p belong together; use both, or %H"
    return None


@functools.cache
def pattern(format: str) -> Pattern:
    """Returns how cells of a format are taken apart; spaces around them do not matter.

    Args:
        format: Any but those of `EPOCHS`.

    Raises:
        ValueError: The format has a `fault`.
    """
    if wrong := fault(format):
        raise ValueError(f"{format!r}: {wrong}")
    directives = set(re.findall("%(.)", format))
    body = _ISO if format == ISO else "".join(_expressions(format))
    has_names = bool(directives & {"b", "B"})
    return Pattern(rf"(?i)\A\s*{body}\s*\z", _fields(body), "y" in directives, has_names)


def may_be(cell: str, format: str) -> bool:
    """Whether a cell matches the expression of a format, found without Arrow, which compiles it for every call."""
    return format in EPOCHS or _compiled(format).match(cell) is not None


@functools.cache
def _compiled(format: str) -> re.Pattern[str]:
    return re.compile(pattern(format).regex.replace(r"\z", r"\Z"), re.ASCII)


def _expressions(format: str) -> Iterable[str]:
    for directive, space, literal in re.findall(r"%(.)|(\s+)|([^%\s]+)", format):
        yield _DIRECTIVES[directive] if directive else r"\s+" if space else re.escape(literal)


def _fields(expression: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\?P<(\w+)>", expression))
