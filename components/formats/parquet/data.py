"""Inspects Parquet data, read as ExampleGen reads it."""

import dataclasses
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from components.errors import DataError, UserError
from components.formats.cells import dates
from components.formats.cells.numbers import Kind, column_of_numbers
from components.formats.cells.reading import PLAIN, Reading
from components.formats.columns import is_list, is_text, lists
from components.formats.contents import Contents, Counts, check_labelled
from components.formats.images.sizes import ImageSizes
from components.formats.parquet.columns import (
    TIMES,
    format_of,
    is_bytes,
    kind_of_values,
    plain,
    times,
    values_of,
)
from components.formats.parquet.rows import ParquetRows
from components.formats.recognition.columns import Columns
from components.formats.recognition.profile import Profile
from components.formats.table import Categories, Table, inspected

_WORDS = {Kind.EMPTY: "", Kind.WHOLE: "numbers", Kind.FRACTION: "numbers", Kind.TEXT: "text"}


def inspect(
    files: list[Path], label: str, categorical: Collection[str] = (), reading: Reading = PLAIN
) -> Contents:
    """Reads Parquet files as ExampleGen does, and checks that ExampleGen can read them.

    Args:
        files: The files.
        label: Column to predict.
        categorical: Columns whose numbers are categories.
        reading: How cells become values, as configured.

    Raises:
        DataError: A file is damaged, columns or their types differ, a row has no label, or
            categories are not exact.
    """
    table, found, categories = Table(label), dict[str, _Column](), Categories(categorical)
    learned, moments = Columns(reading), dict[str, pa.DataType]()
    for file in files:
        with inspected(file):
            rows = ParquetRows(str(file))
            table.open(rows.schema.names, file, rows.remarks)
            before = 0
            for batch in rows.batches():
                for name, values in zip(batch.schema.names, batch.columns, strict=True):
                    found.setdefault(name, _Column(name)).add(values, file, before)
                    if not is_list(values.type):
                        _learn(learned, moments, name, values)
                    if name in categorical:
                        plain, _ = values_of(values)
                        categories.add(name, plain, kind_of_values(plain))
                table.add(pa.RecordBatch.from_arrays(list(map(_plain, batch.columns)), batch.schema.names))
                before += batch.num_rows
    categories.check()
    faults = {name: column.fault for name, column in found.items() if column.fault}
    if label in moments:
        raise DataError(f"data.label: {label} holds dates or times; convert it to text or numbers")
    if label in faults:
        raise DataError(f"data.label: {label} {faults.pop(label)}")
    sizes: dict[str, int | None] = {name: 0 for name in table.columns if name not in found}
    profiles = {
        name: _profile_of_times(profile, moments[name]) if name in moments else profile
        for name, profile in learned.profiles().items()
    }
    sizes |= {name: each.size for name, each in found.items() if each.size is None or not each.is_bytes}
    labels = _labels([_read(part, label, reading, learned) for part in table.labels], label)
    return Contents(
        table.columns,
        sizes,
        table.different_rows,
        labels,
        unusable=faults,
        varying={name: str(each.counts) for name, each in found.items() if each.size is None},
        words=tuple(name for name, each in found.items() if each.has_words),
        images={name: each.images.found for name, each in found.items() if each.images.found},
        remarks=table.remarks,
        profiles=profiles,
        reading=reading,
    )


def _learn(learned: Columns, moments: dict[str, pa.DataType], name: str, values: pa.Array) -> None:
    """Takes more values of a column without lists into account; dates and times get their type in `moments`."""
    kept = plain(values)
    if times(values.type):
        moments.setdefault(name, values.type)
        learned.add_typed(name, _ticks(values))
    elif not is_bytes(kept.type):
        learned.add_typed(name, kept)


def _read(part: pa.Array, label: str, reading: Reading, learned: Columns) -> pa.Array:
    """A part of the label as the ExampleGen reads it."""
    if is_list(part.type) or reading.is_plain(label):
        return part
    part = plain(part)
    if not is_text(part.type):
        return reading.filled(label, part)
    cells = learned.read(label, part.cast(pa.string()))
    return column_of_numbers(cells)[1] if reading.has_numbers(label) else cells


def _ticks(values: pa.Array) -> pa.Array:
    """Dates and times as whole numbers."""
    return values.view(pa.int32() if values.type.bit_width == 32 else pa.int64()).cast(pa.int64())


def _profile_of_times(profile: Profile, type_: pa.DataType) -> Profile:
    """What is known of a column of dates or times of this type, from what is known of their `_ticks`."""
    ticks = pa.array(map(int, profile.examples), pa.int32() if type_.bit_width == 32 else pa.int64())
    format_ = TIMES if types.is_time(type_) else dates.ISO
    examples = tuple(plain(ticks.view(type_)).to_pylist())
    return dataclasses.replace(
        profile, kind=Kind.TEXT, dates=(format_,), examples=examples, typed=format_of(type_)
    )


def _plain(column: pa.Array) -> pa.Array:
    """A column whose values Python can hold: not all dates and times can be Python objects."""
    return lists(*values_of(column)) if times(column.type) else column


class _Column:
    """What the values of a column have in common.

    Attributes:
        fault: Why it cannot be used, and the remedy.
        is_bytes: Whether it has bytes instead of text.
        counts: Numbers of values in a row.
        images: Sizes of images in files.
    """

    def __init__(self, name: str) -> None:
        self.fault: str | None = None
        self.is_bytes = False
        self._name, self._kind, self._words = name, Kind.EMPTY, ""
        self.counts, self.images = Counts(), ImageSizes()

    @property
    def size(self) -> int | None:
        """See `common_size`."""
        return self.counts.size

    @property
    def has_words(self) -> bool:
        """Whether rows have varying numbers of texts."""
        return self.size is None and self._kind == Kind.TEXT and not (self.fault or self.images.found)

    def add(self, column: pa.Array, file: Path, before: int) -> None:
        """Takes more values of a file into account, `before` rows of which came earlier.

        Raises:
            DataError: They cannot be used, or have another type than those before.
        """
        try:
            values, counts = values_of(column)
        except UserError as error:
            raise DataError(f"data.path: {file}: column {self._name!r} {error}") from None
        kind = kind_of_values(values)
        words = "dates or times" if len(values) and times(column.type) else _WORDS[kind]
        if words and self._words not in ("", words):
            raise DataError(
                f"data.path: {file}: column {self._name!r} has {words}, but {self._words} in the rows before; write "
                "one type"
            )
        self._kind, self._words = max(kind, self._kind), self._words or words
        self.is_bytes |= is_bytes(values.type)
        self.counts.add(counts, file, before)
        if is_bytes(values.type):
            self.images.add(values, counts, file, before)
        if self.fault is None and is_list(column.type) and (held := times(column.type)):
            self.fault = f"holds lists of {held}; convert them to text or numbers"
        elif self.fault is None and types.is_timestamp(column.type):
            self.fault = _fault_of_timestamps(column)
        elif self.fault is None and kind == Kind.FRACTION:
            self.fault = _fault(values.to_numpy())


def _fault_of_timestamps(column: pa.Array) -> str | None:
    low, high = pc.min_max(_ticks(column).cast(pa.float64(), safe=False)).as_py().values()
    units = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    if low is None or (low >= dates.FIRST * units and high <= dates.LAST * units):
        return None
    return "has times before the year 1 or after 9999; remove them"


def _fault(numbers: np.ndarray) -> str | None:
    with np.errstate(over="ignore"):
        wrong = numbers[~np.isfinite(numbers.astype(np.float32))]
    if not len(wrong):
        return None
    if np.isnan(wrong).any():
        return "has NaN; write missing values as null"
    return f"has numbers that are not finite as float32, such as {wrong[0]}; scale or remove them"


def _labels(parts: list[pa.Array], label: str) -> np.ndarray | pa.ChunkedArray:
    """The label of each row: int64, float64, or text as `str`; or a list for each row with one if any has several."""
    found = [values_of(part) for part in parts]
    counts = np.concatenate([counts for _, counts in found] or [np.empty(0, int)])
    if np.any(counts > 1):
        check_labelled(label, sum(part.null_count for part in parts), len(counts))
        return _lists(
            [part.drop_null() for part in parts], max(kind_of_values(part) for part, _ in found), label
        )
    check_labelled(label, int(np.sum(counts == 0)), len(counts))
    try:
        values = [
            part.cast(pa.string()) if kind_of_values(part) == Kind.TEXT else part
            for part, _ in found
            if len(part)
        ]
    except pa.ArrowInvalid:
        raise DataError(f"data.label: {label} is not UTF-8 text; write it as UTF-8") from None
    return np.concatenate([part.to_numpy(zero_copy_only=False) for part in values] or [np.empty(0)])


def _lists(parts: list[pa.Array], kind: Kind, label: str) -> pa.ChunkedArray:
    """Lists with values of one type."""
    inner = {Kind.WHOLE: pa.int64(), Kind.FRACTION: pa.float64()}.get(kind, pa.string())
    try:
        pairs = [(values.cast(inner), counts) for values, counts in map(values_of, parts)]
    except pa.ArrowInvalid:
        raise DataError(f"data.label: {label} is not UTF-8 text; write it as UTF-8") from None
    return pa.chunked_array([lists(*pair) for pair in pairs], pa.large_list(inner))
