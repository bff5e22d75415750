"""Converts columns to the features that a model takes.

Text is parsed as ExampleGen parses the training data: an empty cell is a missing value, and numbers are those of
`components.formats.cells.numbers`.
"""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from components.errors import UserError
from components.features import RawFeature
from components.formats.cells import dates
from components.formats.cells.numbers import Kind, is_number, kind_of, kinds, numbers
from components.formats.cells.reading import PLAIN, Reading, UnreadCell
from components.formats.cells.styles import Booleans
from components.formats.columns import flatten, is_list, is_text, lists, scalars
from components.formats.parquet.columns import times, written
from reactive_schedules.numerals import DECIMAL

_TYPES = {"int64": pa.int64(), "float32": pa.float32(), "string": pa.large_binary()}
_WORDS = {"int64": "a whole number", "float32": "a number", "string": "text"}


class _ValueFault(Exception):
    """The value at `index` cannot be converted."""

    def __init__(self, index: int, reason: str) -> None:
        self.index, self.reason = index, reason


@dataclass(frozen=True)
class Column:
    """The values of a feature in some rows.

    Attributes:
        values: Values of all rows, concatenated: int64, float64 or text.
        counts: Number of values in each row.
    """

    values: pa.Array
    counts: np.ndarray

    def lists(self, dtype: str) -> pa.LargeListArray:
        """One list per row, as `RecordBatchToExamplesEncoder` takes it."""
        return lists(self.values.cast(_TYPES[dtype], safe=False), self.counts)

    def scalars(self) -> pa.Array:
        """One value per row, or null if it is missing; no row may have several values."""
        return scalars(self.values, self.counts)

    def fits_rows(self, feature: RawFeature) -> bool:
        """Whether the signature `rows`, which takes one value per row, can represent these values exactly."""
        if feature.several:
            return False
        if feature.shape is not None:
            return True
        if len(self.counts) and self.counts.max() > 1:
            return False
        if feature.dtype == "int64":  # as float64
            return pc.all(pc.less_equal(pc.abs(self.values), 2**53)).as_py() is not False
        is_gap = pc.is_nan(self.values) if feature.dtype == "float32" else pc.equal(self.values, "")
        return not pc.any(is_gap).as_py()

    def dense(self, feature: RawFeature) -> np.ndarray:
        """The values for the signature `rows`, if they fit; a missing value is NaN or an empty text."""
        values = self.scalars() if feature.shape is None else self.values
        if feature.dtype == "string":
            array = pc.fill_null(values.cast(pa.binary()), b"").to_numpy(zero_copy_only=False)
        else:
            dtype = "float64" if feature.shape is None and feature.dtype == "int64" else feature.dtype
            array = values.to_numpy(zero_copy_only=False).astype(dtype)
        return array if feature.size in (None, 1) else array.reshape(-1, *feature.shape)


def to_features(
    batch: pa.RecordBatch, features: Mapping[str, RawFeature], first_row: int, reading: Reading = PLAIN
) -> dict[str, Column]:
    """Checks and converts the columns a model needs.

    Args:
        batch: Rows with a column for every feature.
        features: Raw features of the model.
        first_row: Number of the first row, for messages.
        reading: How the model's cells become values.

    Raises:
        UserError: A value does not fit its feature; the message names row, column and value.
    """
    return {
        name: _convert(batch.column(name), name, feature, first_row, reading)
        for name, feature in features.items()
    }


def _convert(column: pa.Array, name: str, feature: RawFeature, first_row: int, reading: Reading) -> Column:
    try:
        column = _read(column, name, feature, reading)
        values, counts = _flatten(column, feature)
    except _ValueFault as fault:
        raise UserError(f"row {first_row + fault.index}: column {name!r}: {fault.reason}") from None
    wrong = np.flatnonzero(counts != (counts if feature.size is None else feature.size))
    if len(wrong):
        row, found = first_row + wrong[0], counts[wrong[0]]
        if found == 0:
            reason = "is empty; the model requires a value, because every training row had one"
        else:
            reason = f"has {found} value{'s' if found > 1 else ''}; the model takes {feature.size}"
        raise UserError(f"row {row}: column {name!r} {reason}")
    try:
        return Column(_numbers_or_text(values, feature.dtype), counts)
    except _ValueFault as fault:
        row = first_row + int(np.searchsorted(np.cumsum(counts), fault.index, side="right"))
        raise UserError(f"row {row}: column {name!r}: {fault.reason}") from None


def _read(column: pa.Array, name: str, feature: RawFeature, reading: Reading) -> pa.Array:
    """A column with numbers and gaps in plain form, and with dates as the model takes them."""
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if (held := times(column.type)) and not is_list(column.type):
        if name in reading.dates:
            return written(column, reading.dates[name])
        if feature.dtype == "string":  # whose form is not known
            raise _ValueFault(
                0, f"the column has {held}; the model takes text, so write them as the training data does"
            )
    if is_text(column.type) and feature.size in (None, 1):
        try:
            column = reading.plain(name, column.cast(pa.string()))
        except UnreadCell as error:
            raise _ValueFault(error.index, str(error)) from None
        if name in reading.dates and feature.dtype == "string":
            _check_dates(column, reading.dates[name])
    elif is_number(column.type):
        column = reading.filled(name, column)
    return column


def _check_dates(cells: pa.Array, format_: str) -> None:
    there = pc.fill_null(pc.not_equal(cells, ""), False)
    wrong = np.flatnonzero(np.asarray(there) & np.asarray(dates.seconds(cells, format_).is_null()))
    if len(wrong):
        index = int(wrong[0])
        raise _ValueFault(index, f"{_short(cells[index].as_py())} is not a date of the format {format_}")


def _flatten(column: pa.Array, feature: RawFeature) -> tuple[pa.Array, np.ndarray]:
    """The values without missing ones, and their number in each row."""
    if is_text(column.type):
        if feature.several or feature.size not in (None, 1):
            return _flatten(_parse_lists(column, feature), feature)
        there = pc.fill_null(pc.not_equal(column, ""), False)
    elif types.is_floating(column.type) and feature.dtype == "int64":
        there = pc.fill_null(pc.invert(pc.is_nan(column)), False)
    elif is_list(column.type):
        return flatten(column)
    else:
        there = column.is_valid()
    counts = np.asarray(there).astype(np.int64)
    return column.filter(there), counts


def _parse_lists(column: pa.Array, feature: RawFeature) -> pa.Array:
    """Lists written as JSON or as Python writes them, such as `[0, 12.5]`; an empty cell is an empty list.

    Where a row may have any number of texts, a cell without brackets is one of them.
    """
    found = []
    for index, text in enumerate(column.to_pylist()):
        if feature.several and feature.dtype == "string" and text and not text.startswith("["):
            found.append([text])
            continue
        try:
            found.append(np.ravel(_literal(text)).tolist() if text else [])
        except (ValueError, RecursionError, SyntaxError, MemoryError):
            example = "['a', 'b']" if feature.dtype == "string" else "[0, 12.5]"
            raise _ValueFault(index, f"{_short(text)} is not a list such as {example}") from None
    try:
        return pa.array(found)
    except pa.ArrowException:
        raise _ValueFault(0, "mixes lists of numbers and lists of text") from None


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        if not text.startswith("["):
            raise
        return ast.literal_eval(text)


def _numbers_or_text(values: pa.Array, dtype: str) -> pa.Array:
    if types.is_dictionary(values.type):  # in lists
        values = values.dictionary_decode()
    elif types.is_fixed_size_binary(values.type):
        values = values.cast(pa.binary())
    kind = values.type
    if values.null_count:
        raise _ValueFault(int(np.flatnonzero(np.asarray(values.is_null()))[0]), "a list has a missing value")
    if len(values) == 0:
        return pa.array([], pa.float64() if dtype == "float32" else _TYPES[dtype])
    if types.is_boolean(kind):
        values = values.cast(pa.int64()) if dtype != "string" else pc.if_else(values, "True", "False")
    elif types.is_decimal(kind) and dtype != "string":
        values = values.cast(pa.float64())
    kind = values.type
    if dtype == "string":
        return _text(values)
    if is_text(kind):
        return _parse(values, dtype)
    if types.is_integer(kind) and dtype == "float32":
        return values.cast(pa.float64(), safe=False)
    if types.is_signed_integer(kind):
        return values.cast(pa.int64())
    if types.is_floating(kind) or types.is_unsigned_integer(kind):
        return values.cast(pa.float64()) if dtype == "float32" else _whole(values)
    raise _ValueFault(0, f"the column has type {kind}; the model takes {_WORDS[dtype]}")


def _text(values: pa.Array) -> pa.Array:
    kind = values.type
    if is_text(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        return values
    if types.is_integer(kind):
        return values.cast(pa.string())
    # 7 may have become 7.0 on the way: a text that the model has not seen.
    value = _short(values[0].as_py()) if types.is_floating(kind) or types.is_decimal(kind) else "the column"
    raise _ValueFault(0, f"{value} is {kind}; the model takes text, so convert the column first")


def _parse(values: pa.Array, dtype: str) -> pa.Array:
    found = kinds(values)
    if (found == Kind.TEXT).all():
        booleans = Booleans().plain(values.cast(pa.string()))  # booleans of Parquet, written to a CSV file
        if not booleans.null_count:
            return _parse(booleans, dtype)
    if (wrong := np.flatnonzero(found == Kind.TEXT)).size:
        raise _not_a_number(int(wrong[0]), values, dtype)
    if dtype == "float32" or Kind.FRACTION not in found:
        return numbers(values, Kind.FRACTION if dtype == "float32" else Kind.WHOLE)
    # pandas writes 3.0 for the whole numbers of a column with missing values.
    whole = [_exact(text) for text in values.to_pylist()]
    if None in whole:
        raise _not_a_number(whole.index(None), values, dtype)
    return pa.array(whole, pa.int64())


def _not_a_number(index: int, values: pa.Array, dtype: str) -> _ValueFault:
    text = values[index].as_py()
    if DECIMAL.fullmatch(text) and kind_of(text) == Kind.TEXT:
        return _ValueFault(index, f"{_short(text)} is too large")
    hint = "; remove the spaces around it" if kind_of(text.strip()) != Kind.TEXT else ""
    return _ValueFault(index, f"{_short(text)} is not {_WORDS[dtype]}{hint}")


def _exact(text: str) -> int | None:
    """The value of a number if it is whole and fits into 64 bits."""
    if kind_of(text) == Kind.WHOLE:
        return int(text)
    value = float(text)
    return int(value) if value.is_integer() and -(2.0**63) <= value < 2.0**63 else None


def _whole(values: pa.Array) -> pa.Array:
    try:
        return values.cast(pa.int64())
    except pa.ArrowInvalid:
        numbers = np.asarray(values, np.float64)
        fits = (numbers == np.floor(numbers)) & (np.abs(numbers) < 2.0**63)
        place = int(np.flatnonzero(~fits)[0])
        raise _ValueFault(place, f"{numbers[place]} is not {_WORDS['int64']}") from None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:36]}…{text[-1]}"
