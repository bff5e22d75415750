"""Inspects CSV data, parsed as ExampleGen parses it."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError
from components.formats.cells import styles
from components.formats.cells.numbers import WHOLE, Kind, column_of_numbers, kinds, numbers
from components.formats.cells.reading import PLAIN, Reading
from components.formats.contents import Contents, check_labelled
from components.formats.csv.rows import CsvRows
from components.formats.recognition.columns import Columns
from components.formats.recognition.profile import Profile, huge, recognised
from components.formats.table import Categories, Table, inspected

_CLASSES = 20
"""A label with up to this many different values keeps them as they are written; they may be classes."""


def inspect(
    files: list[Path], label: str, categorical: Collection[str] = (), reading: Reading = PLAIN
) -> Contents:
    """Reads CSV files as ExampleGen does, and checks that ExampleGen can read them.

    Args:
        files: The files.
        label: Column to predict.
        categorical: Columns whose numbers are categories.
        reading: How cells become values, as configured.

    Raises:
        DataError: A file or row is damaged, columns differ, labels are missing, categories are not exact, or cells do
            not fit the configuration of their column.
    """
    table, learned, categories = Table(label), Columns(reading), Categories(categorical)
    for batch in _batches(files, label, table):
        table.add(batch)
        for name, cells in zip(batch.schema.names, batch.columns, strict=True):
            learned.add(name, cells)
            if name in categorical:
                kind, values = column_of_numbers(learned.read(name, cells))
                categories.add(name, values.drop_null(), kind)
    learned.again(_batches(files, label, Table(label)))
    categories.check()
    profiles = learned.profiles()
    cells = pa.chunked_array(table.labels, pa.string())
    if label in profiles:
        reading = _of_label(label, profiles[label], reading, categorical)
        cells = pa.chunked_array([reading.plain(label, part) for part in cells.chunks], pa.string())
    several = label in profiles and profiles[label].separator is not None
    check_labelled(label, cells.null_count, len(cells), several)
    sizes = {name: int(name in profiles and profiles[name].filled > 0) for name in table.columns}
    return Contents(
        table.columns,
        sizes,
        table.different_rows,
        _typed(cells.drop_null(), label),
        profiles=profiles,
        reading=reading,
        remarks=table.remarks,
    )


def _batches(files: list[Path], label: str, table: Table) -> Iterator[pa.RecordBatch]:
    """Yields the rows of all files; the files are opened in `table`."""
    for file in files:
        with inspected(file):
            rows = CsvRows(str(file), nulls=True)
            _check_header(rows, file, label)
            table.open(rows.schema.names, file, rows.remarks)
            yield from rows.batches()


def _of_label(label: str, profile: Profile, reading: Reading, categorical: Collection[str]) -> Reading:
    """The reading with the style of the label's numbers, if they are quantities."""
    if label in {*categorical, *reading.numbers}:
        return reading
    if profile.huge:
        raise DataError(f"data.label: {label} {huge(profile.huge)}")
    is_plain = profile.number in (None, styles.PLAIN)
    if not profile.is_number or not (is_plain or profile.distinct > _CLASSES):
        return reading
    if profile.ambiguous:
        raise DataError(
            f"data.label: {label} has numbers such as {profile.examples[0]!r}, whose separator may be that of "
            f'thousands or of decimals; add data.numbers: {{{label}: "1,234.5"}} or, for a decimal comma, "1.234,5"'
        )
    return recognised({label: profile}, reading)


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
