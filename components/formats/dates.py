"""What counts as a date or a time where data is text: one regular expression per format.

The expressions are RE2's, so that Arrow reads training data and TensorFlow reads rows in the served model alike. A
format is written as for Python's `strptime`, or is one of the names `ISO`, `epoch seconds` and `epoch milliseconds`.
"""

import functools
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

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

FIRST, LAST = -62_135_596_800, 253_402_300_799
"""Seconds since 1970 of the first second of the year 1, and of the last of the year 9999."""

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
        has_half: Whether hours go from 1 to 12.
    """

    regex: str
    fields: tuple[str, ...]
    has_short_year: bool = False
    has_half: bool = False


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
    return Pattern(rf"(?i)\A\s*{body}\s*\z", _fields(body), "y" in directives, "I" in directives)


def _expressions(format: str) -> Iterable[str]:
    for directive, space, literal in re.findall(r"%(.)|(\s+)|([^%\s]+)", format):
        yield _DIRECTIVES[directive] if directive else r"\s+" if space else re.escape(literal)


def _fields(expression: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\?P<(\w+)>", expression))


def matching(cells: pa.Array, formats: Iterable[str] = FORMATS) -> tuple[str, ...]:
    """Returns the formats that every cell has; nulls have any.

    Args:
        cells: Text.
        formats: Formats to try.
    """
    distinct = pc.drop_null(pc.unique(cells))
    first = distinct[:100]  # rules out most
    likely = [format for format in formats if seconds(first, format).null_count == 0]
    return tuple(format for format in likely if seconds(distinct, format).null_count == 0)


def seconds(values: pa.Array, format: str) -> pa.Array:
    """Converts dates to whole seconds since 1970 in UTC; fractions are rounded down.

    Args:
        values: Text, perhaps as bytes; or numbers, for a format of `EPOCHS`. Times without a zone count as UTC.
        format: A format without a `fault`.

    Returns:
        An int64 array, with null for each cell that is not such a date, such as the 31 February.
    """
    if types.is_binary(values.type) or types.is_large_binary(values.type):
        values = values.view(pa.large_string() if types.is_large_binary(values.type) else pa.string())
    if format in EPOCHS:
        return _from_epoch(values, EPOCHS[format])
    if types.is_null(values.type):
        return pa.nulls(len(values), pa.int64())
    distinct = values.dictionary_encode()
    return _from_text(distinct.dictionary, pattern(format)).take(distinct.indices)


def _from_text(cells: pa.Array, pattern: Pattern) -> pa.Array:
    parts = pc.extract_regex(cells, pattern.regex)
    matches = np.asarray(parts.is_valid())
    groups = dict(zip(pattern.fields, parts.flatten(), strict=True))
    numbers = {field: _number(groups, field) for field in FIELDS if field not in ("half", "zone")}
    zone = _number(groups, "zone") * 60
    if "zone" in groups:
        behind = np.asarray(pc.fill_null(pc.starts_with(groups["zone"], "-"), False))
        zone += np.where(behind, -1, 1) * numbers["zone_minute"]
    is_afternoon = (
        np.asarray(pc.fill_null(pc.equal(pc.ascii_lower(groups["half"]), "p"), False)).astype(np.int64)
        if pattern.has_half
        else 0
    )
    year, hour = numbers["year"], numbers["hour"]
    if pattern.has_short_year:
        year = full_year(year)
    if pattern.has_half:
        hour = hour % 12 + 12 * is_afternoon
    day = days(year, numbers["month"], numbers["day"])
    is_day = numbers["day"] <= month_length(year, numbers["month"])
    result = day * 86400 + hour * 3600 + (numbers["minute"] - zone) * 60 + numbers["second"]
    return pa.array(result, mask=~(matches & is_day & (year > 0)))


def _number(groups: dict[str, pa.Array], field: str) -> np.ndarray | np.int64:
    """A field of each cell as int64; its default where the cell does not have it."""
    default = DEFAULTS.get(field, 0)
    if field not in groups:
        return np.int64(default)
    texts = groups[field]
    if field == "month":
        begins = pc.utf8_slice_codeunits(pc.ascii_lower(texts), 0, 3)
        names = pc.index_in(begins, pa.array(MONTHS, begins.type))
        if names.null_count < len(names):
            return np.asarray(pc.fill_null(pc.add(names.cast(pa.int64()), 1), default))
    texts = pc.if_else(pc.equal(texts, ""), None, pc.ascii_ltrim(texts, "+"))
    return np.asarray(pc.fill_null(texts.cast(pa.int64()), default))


def _from_epoch(values: pa.Array, units: int) -> pa.Array:
    if types.is_string(values.type) or types.is_large_string(values.type):
        is_number = pc.match_substring_regex(values, r"\A[+-]?[0-9]{1,15}(\.[0-9]*)?\z")
        values = pc.if_else(is_number, pc.ascii_ltrim(values, "+"), None)
        if not pc.any(pc.match_substring(values, ".")).as_py():
            values = values.cast(pa.int64())
    if not types.is_integer(values.type):
        values = values.cast(pa.float64())
    numbers = values.to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        whole = np.floor_divide(numbers, units)
        there = np.asarray(values.is_valid()) & (whole >= FIRST) & (whole <= LAST)
    return pa.array(np.where(there, whole, 0).astype(np.int64), mask=~there)


# What follows is for whole numbers of NumPy and of TensorFlow alike.


def full_year(short: Any) -> Any:
    """The year that two digits stand for, from 1969 to 2068."""
    return 1900 + short + 100 * (1 - (short + 31) // 100)


def days(year: Any, month: Any, day: Any) -> Any:
    """Days from 1970-01-01 to a date of the Gregorian calendar.

    Years are counted from March, so that a leap day is the last of its year.

    Args:
        year: Year.
        month: From 1; 13 is January of the next year.
        day: From 1.
    """
    early = (14 - month) // 12  # 1 in January and February
    year, month = year - early, month + 12 * early - 3
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 719469


def month_length(year: Any, month: Any) -> Any:
    """Days of a month, from 28 to 31."""
    return days(year, month + 1, 1) - days(year, month, 1)
