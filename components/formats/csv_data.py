"""Inspects CSV data, parsed as ExampleGen parses it."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError, UserError
from components.formats.contents import ENOUGH_ROWS, Contents, check_count, require_label
from components.formats.csv import CsvRows
from components.formats.numbers import WHOLE, Kind, kinds, kinds_of_columns, numbers
from components.formats.rows import NoRowsError
from reactive_schedules.numerals import DECIMAL, NUMBER

_ALMOST = re.compile(rf"\s+{NUMBER}\s*|{NUMBER}\s+|[+-]?(?i:nan|inf|infinity)|(?i:#?n/?a|<na>|null|none)")
"""What other programs read as a number or a gap: spaces around a number, NaN, infinity, marks of missing values."""


def inspect(files: list[Path], label: str) -> Contents:
    """Reads CSV files as ExampleGen does, and checks that ExampleGen can read them.

    Raises:
        DataError: A file or row is damaged, headers differ, or labels are missing.
    """
    header: tuple[str, ...] = ()
    found: dict[str, _Column] = {}
    different: set[tuple[str, ...]] = set()
    parts = []
    for file in files:
        try:
            rows = CsvRows(str(file))
            columns = tuple(rows.schema.names)
            header = header or columns
            _check_header(columns, file, label)
            if columns != header:
                raise DataError(
                    f"data.path: the columns of {file} differ from {files[0]}; all files need the same header"
                )
            for batch in rows.batches():
                parts.append(batch.column(label))
                for start in range(0, batch.num_rows, 1000):
                    if len(different) < ENOUGH_ROWS:
                        cells = (column.to_pylist() for column in batch.slice(start, 1000).columns)
                        different.update(zip(*cells, strict=True))
                _add(batch, found)
        except NoRowsError:
            continue
        except DataError:
            raise
        except UserError as error:
            raise DataError(f"data.path: {error}") from None
        except OSError as error:
            raise DataError(f"data.path: {file}: cannot be read: {error.strerror}") from None
    cells = pa.chunked_array(parts, pa.string())
    _check_label(label, cells, found[label].almost if label in found else None)
    almost = {
        name: _reason(column.almost, "leave such cells empty")
        for name, column in found.items()
        if column.almost
    }
    sizes = {name: int(name in found and found[name].is_filled) for name in header}
    return Contents(header, sizes, min(len(different), ENOUGH_ROWS), _typed(cells, label), almost)


def _check_label(label: str, cells: pa.ChunkedArray, almost: str | None) -> None:
    if missing := pc.sum(pc.equal(cells, "")).as_py():
        raise DataError(
            f"data.label: {label} is empty in {missing:,} of {len(cells):,} rows; remove these rows, or fill them in"
        )
    if almost is not None:
        raise DataError(f"data.label: {label} {_reason(almost, 'remove such rows')}")


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

    def add(self, cells: pa.Array, kinds: np.ndarray) -> None:
        """Takes more cells and their kinds into account."""
        self.is_filled |= bool(kinds.any())
        is_text = kinds == Kind.TEXT
        self._has_numbers |= bool(np.any(kinds[~is_text]))
        for text in cells.filter(pa.array(is_text)).unique().to_pylist() if is_text.any() else ():
            if not _looks_like_number(text):
                self.is_text = True
                return
            self._almost = self._almost or text
            self._has_numbers |= bool(DECIMAL.fullmatch(text.strip()))


def _add(batch: pa.RecordBatch, found: dict[str, _Column]) -> None:
    """Takes the cells of more rows into account."""
    for name in batch.schema.names:
        found.setdefault(name, _Column())
    open_ = [name for name, column in found.items() if not column.is_text]
    if open_:
        columns = [batch.column(name) for name in open_]
        for name, cells, kinds in zip(open_, columns, kinds_of_columns(columns), strict=True):
            found[name].add(cells, kinds)


def _looks_like_number(text: str) -> bool:
    """Whether other programs read a text as a number; not so for long whole numbers, which may be identifiers."""
    return bool(_ALMOST.fullmatch(text) or (DECIMAL.fullmatch(text) and not re.fullmatch(WHOLE, text)))


def _check_header(columns: tuple[str, ...], file: Path, label: str) -> None:
    check_count(columns, file)
    if len(columns) == 1 and label != columns[0] and any(mark in columns[0] for mark in ";\t|"):
        raise DataError(
            f"data.path: {file} has one column, {columns[0]!r}; save it with commas between the cells"
        )
    if "" in columns:
        raise DataError(
            f"data.path: {file}: column {columns.index('') + 1} has no name; name it, or remove it"
        )
    if odd := [name for name in columns if "\n" in name or "\r" in name]:
        raise DataError(f"data.path: {file}: the column name {odd[0]!r} contains a line break; remove it")
    require_label(label, columns, file)


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
