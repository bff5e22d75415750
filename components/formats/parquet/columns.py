"""Columns of Parquet files as features."""

import functools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from components.errors import UserError
from components.formats.cells import dates
from components.formats.cells.numbers import Kind
from components.formats.columns import Column, flatten, is_list, is_text, lists

TIMES = "%H:%M:%S.%f"
"""Format of times of the day as text."""

_NUMBER_BYTES = 8


def format_of(type_: pa.DataType) -> str:
    """The format of the text that dates, times or timestamps of a type become."""
    if types.is_time(type_):
        return TIMES
    return f"%Y-%m-%d {TIMES}{'Z' if type_.tz else ''}" if types.is_timestamp(type_) else "%Y-%m-%d"


def values_of(column: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Returns the plain values of a part of a column without missing ones, and the number of values in each row.

    Empty text is a missing value, as it is in a CSV file.

    Raises:
        UserError: A list has a missing value; or see `plain`.
    """
    if not is_list(column.type):
        return flatten(_scalars(column))
    values, counts = flatten(column)
    if values.null_count:
        raise UserError("has a list with a missing value; remove it, or fill it in")
    return plain(values), counts


def kind_of_values(values: pa.Array) -> Kind:
    """The kind of plain values."""
    if len(values) == 0:
        return Kind.EMPTY
    if types.is_integer(values.type):
        return Kind.WHOLE
    return Kind.FRACTION if types.is_floating(values.type) else Kind.TEXT


def convert(values: pa.Array, column: Column) -> pa.Array:
    """Converts a part of a column to the type of the whole.

    Raises:
        UserError: The part has numbers, but other parts have text; or see `values_of`.
    """
    if column.kind == Kind.EMPTY:
        return pa.nulls(len(values))
    if not column.is_list:
        return _cast(_scalars(values), column)
    inner, counts = values_of(values)
    return lists(_cast(inner, Column(column.kind)), counts, np.asarray(values.is_null()))


def plain(values: pa.Array) -> pa.Array:
    """Converts values to a type that says their kind: int64, a float, text or bytes; null stays null.

    Dates and times become text in the form of ISO 8601.

    Raises:
        UserError: The values have another type, or are whole numbers of more than 64 bits.
    """
    type_ = values.type
    if types.is_dictionary(type_):
        return plain(values.dictionary_decode())
    if types.is_boolean(type_) or types.is_integer(type_):
        try:
            return values.cast(pa.int64())
        except pa.ArrowInvalid:
            raise UserError("has whole numbers beyond int64; convert them to text") from None
    if types.is_decimal(type_):
        return values.cast(pa.float64())
    if types.is_float16(type_):
        return values.cast(pa.float32())
    if times(type_):
        return _iso(values)
    if types.is_fixed_size_binary(type_):
        return values.cast(pa.binary())
    if types.is_floating(type_) or types.is_null(type_) or is_text(type_) or is_bytes(type_):
        return values
    raise UserError(f"has the type {type_}; convert it to numbers, text or lists of them, or remove it")


def value_bytes(column: pa.Array) -> int:
    """The size of all values, however they are encoded."""
    values, _ = flatten(column) if is_list(column.type) else (column, None)
    kept = values.dictionary if types.is_dictionary(values.type) else values
    if not (is_text(kept.type) or is_bytes(kept.type)):
        return _NUMBER_BYTES * (len(values) - values.null_count)
    lengths = pc.binary_length(kept)
    return pc.sum(lengths if kept is values else lengths.take(values.indices)).as_py() or 0


def times(type_: pa.DataType) -> str | None:
    """What a column of this type holds if it is dates, times or timestamps, or lists of them; else None."""
    while is_list(type_) or types.is_dictionary(type_):
        type_ = type_.value_type
    if types.is_timestamp(type_):
        return "timestamps"
    return "dates" if types.is_date(type_) else "times" if types.is_time(type_) else None


def written(values: pa.Array, format_: str) -> pa.Array:
    """Dates and times as the numbers or the text of a format that `components.formats.cells.dates` reads.

    Args:
        values: Dates, times or timestamps; those without a zone are in UTC.
        format_: Format of the column.
    """
    if format_ in dates.EPOCHS:
        units = "s" if dates.EPOCHS[format_] == 1 else "ms"
        return values.cast(pa.timestamp(units), safe=False).cast(pa.int64())
    if "%" not in format_ or types.is_time(values.type):
        return _iso(values)
    if types.is_timestamp(values.type) and values.type.tz:
        values = values.cast(pa.timestamp(values.type.unit, "UTC")).cast(pa.timestamp(values.type.unit))
    moments = values.cast(pa.timestamp("us"), safe=False)
    # Arrow would write fractions with the seconds; `%f` means microseconds.
    whole = pc.floor_temporal(moments, unit="second")
    seconds = whole.cast(pa.timestamp("s"))
    fraction = pc.subtract(moments.cast(pa.int64()), whole.cast(pa.int64()))
    fraction = pc.utf8_lpad(fraction.cast(pa.string()), 6, "0")
    parts = [pc.strftime(seconds, part) for part in format_.replace("%z", "+0000").split("%f")]
    return functools.reduce(lambda left, right: pc.binary_join_element_wise(left, fraction, right, ""), parts)


def _iso(values: pa.Array) -> pa.Array:
    """Dates and times as text, in UTC and microseconds, so that equal ones are equal text."""
    if types.is_timestamp(values.type):
        # Arrow has no text for zones such as +05:30.
        type_ = pa.timestamp("us", values.type.tz and "UTC")
    else:
        type_ = pa.time64("us") if types.is_time(values.type) else pa.date32()
    return values.cast(type_, safe=False).cast(pa.string())


def _scalars(column: pa.Array) -> pa.Array:
    values = plain(column)
    if not is_text(values.type):
        return values
    empty = pc.equal(values, "")
    return pc.if_else(empty, pa.scalar(None, values.type), values) if pc.any(empty).as_py() else values


def _cast(values: pa.Array, column: Column) -> pa.Array:
    if column.kind == Kind.TEXT and kind_of_values(values.drop_null()) in (Kind.WHOLE, Kind.FRACTION):
        raise UserError("has numbers, but text in other files; write one type")
    return values.cast(column.type, safe=False)


def is_bytes(type_: pa.DataType) -> bool:
    """Whether plain values of this type are bytes."""
    return types.is_binary(type_) or types.is_large_binary(type_)
