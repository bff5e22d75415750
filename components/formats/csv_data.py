"""Inspects CSV data, parsed as ExampleGen parses it."""

import re
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError
from components.formats.contents import Contents, check_labelled
from components.formats.csv import CsvRows
from components.formats.numbers import WHOLE, Kind, kind_of_column, kinds, numbers
from components.formats.table import Categories, Table, inspected
from reactive_schedules.numerals import DECIMAL, NUMBER

_ALMOST = re.compile(rf"\s+{NUMBER}\s*|{NUMBER}\s+|[+-]?(?i:nan|inf|infinity)|(?i:#?n/?a|<na>|null|none)")
"""What other programs read as a number or a gap: spaces around a number, NaN, infinity, marks of missing values."""


def inspect(files: list[Path], label: str, categorical: Collection[str] = ()) -> Contents:
    """Reads CSV files as ExampleGen does, and checks that ExampleGen can read them.

    Args:
        files: The files.
        label: Column to predict.
        categorical: Columns whose numbers are categories.

    Raises:
        DataError: A file or row is damaged, columns differ, labels are missing, or categories are not exact.
    """
    table, found, categories = Table(label), dict[str, _Column](), Categories(categorical)
    for file in files:
        with inspected(file):
            rows = CsvRows(str(file), nulls=True)
            _check_header(rows, file, label)
            table.open(rows.schema.names, file, rows.remarks)
            for batch in rows.batches():
                table.add(batch)
                for name, cells in zip(batch.schema.names, batch.columns, strict=True):
                    found.setdefault(name, _Column()).add(cells)
                    if name in categorical:
                        kind = kind_of_column(cells)
                        values = cells.drop_null().unique()
                        categories.add(name, numbers(values, kind) if kind < Kind.TEXT else values, kind)
    categories.check()
    cells = pa.chunked_array(table.labels, pa.string())
    check_labelled(label, cells.null_count, len(cells))
    if label in found and (almost := found[label].almost) is not None:
        raise DataError(f"data.label: {label} {_reason(almost, 'remove such rows')}")
    almost_numbers = {
        name: f"{_reason(column.almost, 'leave such cells empty')}, or add {name!r} to data.categorical if it is text"
        for name, column in found.items()
        if column.almost
    }
    sizes = {name: int(name in found and found[name].is_filled) for name in table.columns}
    return Contents(
        table.columns,
        sizes,
        table.different_rows,
        _typed(cells.drop_null(), label),
        almost_numbers,
        remarks=table.remarks,
    )


def _reason(cell: str, remedy_of_gap: str) -> str:
    """Why a column is text instead of numbers, and the remedy."""
    if cell != cell.strip():
        remedy = "remove the spaces around the numbers"
    elif DECIMAL.fullmatch(cell):
        remedy = "scale the numbers, because float32 ends at 3.4e38"
    else:
        remedy = remedy_of_gap
    return f"has numbers, but is text because of {cell[:40]!r}; {remedy}"


class _Column:
    """What the cells of a column have in common.

    Attributes:
        is_filled: Whether a cell is filled.
        is_text: Whether a cell is text that does not look like a number; other cells do not matter then.
    """

    def __init__(self) -> None:
        self.is_filled = False
        self._almost: str | None = None
        self._has_numbers = False
        self.is_text = False

    @property
    def almost(self) -> str | None:
        """A cell that makes the column text, although all others look like numbers; None if it is not that."""
        return self._almost if self._has_numbers and not self.is_text else None

    def add(self, cells: pa.Array) -> None:
        """Takes more cells into account; null is an empty cell."""
        if self.is_text:
            return
        kind = kind_of_column(cells)
        self.is_filled |= kind != Kind.EMPTY
        self._has_numbers |= kind in (Kind.WHOLE, Kind.FRACTION)
        if kind != Kind.TEXT:
            return
        distinct = cells.drop_null().unique()
        is_text = kinds(distinct) == Kind.TEXT
        self._has_numbers |= not is_text.all()
        for text in distinct.filter(pa.array(is_text)).to_pylist():
            if not _looks_like_number(text):
                self.is_text = True
                return
            self._almost = self._almost or text
            self._has_numbers |= bool(DECIMAL.fullmatch(text.strip()))


def _looks_like_number(text: str) -> bool:
    """Whether other programs read a text as a number; not so for long whole numbers, which may be identifiers."""
    return bool(_ALMOST.fullmatch(text) or (DECIMAL.fullmatch(text) and not re.fullmatch(WHOLE, text)))


def _check_header(rows: CsvRows, file: Path, label: str) -> None:
    if rows.header.is_data and label not in rows.schema.names:
        raise DataError(
            f"data.path: {file}: the first line seems to be data; add a header with the names of the columns"
        )


def _typed(cells: pa.ChunkedArray, label: str) -> np.ndarray:
    """Converts cells as ExampleGen does: to integers or floats if all of them are numbers, else to text."""
    distinct = cells.combine_chunks().unique()
    found = kinds(distinct)
    kind = Kind(found.max(initial=Kind.EMPTY))
    if kind == Kind.TEXT:
        _refuse_long_integers(distinct.filter(found == Kind.TEXT).to_pylist(), label)
        values = np.array(distinct.to_pylist(), object)
    else:
        values = numbers(distinct, kind).to_numpy(zero_copy_only=False)
    return values[pc.index_in(cells, value_set=distinct).to_numpy()]


def _refuse_long_integers(texts: list[str], label: str) -> None:
    long = [text for text in texts if re.fullmatch(WHOLE, text)]
    if len(long) == len(texts):
        raise DataError(
            f"data.label: {label} has integers of more than 64 bits, such as {long[0]}; scale them, or put "
            "a letter before each if they are classes"
        )
