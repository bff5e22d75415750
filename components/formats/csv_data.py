"""Inspects CSV data, parsed as ExampleGen parses it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError, UserError
from components.formats.contents import ENOUGH_ROWS, Contents, require_label
from components.formats.csv import CsvRows
from components.formats.rows import NoRowsError


def inspect(files: list[Path], label: str) -> Contents:
    """Reads CSV files as ExampleGen does, and checks that ExampleGen can read them.

    Raises:
        DataError: A file or row is damaged, headers differ, or labels are missing.
    """
    header: tuple[str, ...] = ()
    filled: set[str] = set()
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
                filled |= {name for name in set(columns) - filled if _any_filled(batch.column(name))}
        except NoRowsError:
            continue
        except DataError:
            raise
        except UserError as error:
            raise DataError(f"data.path: {error}") from None
        except OSError as error:
            raise DataError(f"data.path: {file}: {error.strerror}") from None
    cells = pa.chunked_array(parts, pa.string())
    if missing := pc.sum(pc.equal(cells, "")).as_py():
        raise DataError(
            f"data.label: {label} is empty in {missing:,} of {len(cells):,} rows; remove these rows, or fill them in"
        )
    sizes = {name: int(name in filled) for name in header}
    return Contents(header, sizes, min(len(different), ENOUGH_ROWS), _typed(cells, label))


def _check_header(columns: tuple[str, ...], file: Path, label: str) -> None:
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


def _any_filled(cells: pa.Array) -> bool:
    return pc.max(pc.binary_length(cells)).as_py() > 0


def _typed(cells: pa.ChunkedArray, label: str) -> np.ndarray:
    """Converts cells as ExampleGen does: to integers or floats if all of them are numbers, else to text."""
    distinct = cells.unique()
    numbers = [_number(cell) for cell in distinct.to_pylist()]
    if None in numbers:
        values = np.array(distinct.to_pylist(), object)
    elif huge := [number for number in numbers if isinstance(number, int) and not -(2**63) <= number < 2**63]:
        raise DataError(
            f"data.label: {label} has integers of more than 64 bits, such as {huge[0]}; scale them, or put "
            "a letter before each if they are classes"
        )
    else:
        values = np.array(
            numbers, float if any(isinstance(number, float) for number in numbers) else np.int64
        )
    return values[pc.index_in(cells, value_set=distinct).to_numpy()]


def _number(cell: str) -> int | float | None:
    for kind in (int, float):
        try:
            return kind(cell.encode())
        except ValueError:
            pass
    return None
