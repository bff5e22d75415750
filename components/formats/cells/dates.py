"""Reads dates and times where data is text."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from components.formats.cells.calendar import days, full_year, month_length
from components.formats.cells.date_formats import (
    DEFAULTS,
    EPOCHS,
    FIELDS,
    FORMATS,
    ISO,
    MONTHS,
    Pattern,
    fault,
    may_be,
    pattern,
)

__all__ = ["EPOCHS", "FORMATS", "ISO", "fault", "matching", "seconds"]

FIRST, LAST = -62_135_596_800, 253_402_300_799
"""Seconds since 1970 of the first second of the year 1, and of the last of the year 9999."""


def matching(cells: pa.Array, formats: Iterable[str] = FORMATS) -> tuple[str, ...]:
    """Returns the formats that every cell has; nulls have any.

    Args:
        cells: Text.
        formats: Formats to try.
    """
    return tuple(nearly_matching(pc.drop_null(pc.unique(cells)), formats, 0))


def nearly_matching(cells: pa.Array, formats: Iterable[str], most: int) -> dict[str, pa.Array]:
    """Returns the formats that nearly every cell has, each with the indices of the cells that do not have it.

    Args:
        cells: Different texts, without nulls.
        formats: Formats to try.
        most: Cells that need not have the format, at most.
    """
    first, found = cells[:100], {}
    few = first[: most + 1].to_pylist()
    for format in formats:
        # A few cells rule out most formats, and a hundred nearly all others.
        if few and not any(may_be(cell, format) for cell in few):
            if len(few) <= most:
                found[format] = pa.array(range(len(few)))
        elif seconds(first, format).null_count <= most:
            wrong = pc.indices_nonzero(seconds(cells, format).is_null())
            if len(wrong) <= most:
                found[format] = wrong
    return found


def seconds(values: pa.Array, format: str) -> pa.Array:
    """Converts dates to whole seconds since 1970 in UTC; fractions are rounded down.

    Args:
        values: Text, perhaps as bytes; or numbers, whole ones unless for a format of `EPOCHS`, such as 20240131 for
            `%Y%m%d`. Times without a zone count as UTC.
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
    if types.is_integer(values.type):
        values = values.cast(pa.string())
    if format == ISO and (found := _quickly(values)) is not None:
        return found
    distinct = values.dictionary_encode()
    return _from_text(distinct.dictionary, pattern(format)).take(distinct.indices)


def _quickly(cells: pa.Array) -> pa.Array | None:
    """Plain ISO dates as Arrow reads them, in a fraction of the time; None if there may be others."""
    lengths = pc.fill_null(pc.binary_length(cells), 10)
    if not pc.all(pc.is_in(lengths, pa.array([10, 16, 19], lengths.type))).as_py():
        return None
    try:
        found = cells.cast(pa.timestamp("s")).cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    return found if pc.all(pc.greater_equal(found, FIRST)).as_py() else None


def _from_text(cells: pa.Array, pattern: Pattern) -> pa.Array:
    parts = pc.extract_regex(cells, pattern.regex)
    matches = np.asarray(parts.is_valid())
    groups = dict(zip(pattern.fields, parts.flatten(), strict=True))
    year, month, day, hour, minute, second, zone, zone_minute = (
        _number(groups[field], field, pattern) if field in groups else np.int64(DEFAULTS.get(field, 0))
        for field in FIELDS
        if field != "half"
    )
    if pattern.has_short_year:
        year = full_year(year)
    if "half" in groups:
        hour = hour % 12 + 12 * _are(pc.ascii_lower(groups["half"]), "p")
    if "zone" in groups:
        zone_minute = zone_minute * (1 - 2 * _are(pc.utf8_slice_codeunits(groups["zone"], 0, 1), "-"))
    there = matches & (year > 0) & (day <= month_length(year, month))
    clock = hour * 3600 + (minute - zone * 60 - zone_minute) * 60 + second
    return pa.array(days(year, month, day) * 86400 + clock, mask=~there)


def _number(texts: pa.Array, field: str, pattern: Pattern) -> np.ndarray:
    """A field of each cell as int64; its default where the cell does not have it."""
    if field == "month" and pattern.has_names:
        names = pc.utf8_slice_codeunits(pc.ascii_lower(texts), 0, 3)
        numbers = pc.add(pc.index_in(names, pa.array(MONTHS, texts.type)).cast(pa.int64()), 1)
    else:
        numbers = pc.if_else(pc.equal(texts, ""), None, pc.ascii_ltrim(texts, "+")).cast(pa.int64())
    return np.asarray(pc.fill_null(numbers, DEFAULTS.get(field, 0)))


def _are(texts: pa.Array, text: str) -> np.ndarray:
    """1 for each text that is the given one, 0 for others and nulls, as int64."""
    return np.asarray(pc.fill_null(pc.equal(texts, text), False)).astype(np.int64)


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
