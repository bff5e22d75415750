"""The files of a data set: which they are, their columns, and the values of the label.

Reads CSV with pyarrow and TFRecords of `tf.Example` with tfx_bsl's decoder; neither imports TensorFlow.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError, UserError
from components.formats.tfrecord import read_records
from pipeline.prediction.readers import RECORDS, CsvRows, NoRowsError

ENOUGH_ROWS = 3
"""Different rows are counted as far as this: one for each split, as equal rows all go to one."""

_NOTHING = pa.nulls(0)


class Read(NamedTuple):
    """What was read; for `columns`, `sizes` and `different_rows` see `pipeline.data.Data`."""

    columns: tuple[str, ...]
    sizes: dict[str, int | None]
    different_rows: int
    labels: np.ndarray


def find(path: Path) -> tuple[Path, str, list[Path]]:
    """The folder of the files, a glob of their names, and the files.

    Raises:
        DataError: there are none, they are of several kinds, or TFX would not find them.
    """
    if any(character in str(path) for character in "*?[]\\"):
        raise DataError(f"data.path: {path} has one of * ? [ ] \\, which TFX takes for a pattern; rename it")
    if path.is_file():
        if remedy := _remedy(path.name):
            raise DataError(f"data.path: {path} is not a *.csv file; {remedy}")
        return path.parent, path.name, [path]
    if not path.is_dir():
        raise DataError(f"data.path: {path} does not exist; give a directory of CSV or TFRecord files")
    found = {pattern: sorted(path.glob(pattern)) for pattern in ("*.csv", "*.tfrecord", "*.tfrecord.gz")}
    found = {pattern: files for pattern, files in found.items() if files}
    if not found:
        remedies = [remedy for entry in sorted(path.iterdir()) if (remedy := _remedy(entry.name))]
        raise DataError(
            f"data.path: {path} holds no *.csv, *.tfrecord or *.tfrecord.gz file"
            + (f"; {remedies[0]}" if remedies else "")
        )
    if len(found) > 1:
        raise DataError(
            f"data.path: {path} mixes {' and '.join(found)}; keep one kind of file in a directory, or name one file"
        )
    pattern, files = next(iter(found.items()))
    for file in files:
        if not file.is_file():
            what = "a folder" if file.is_dir() else "a link to a file that is not there"
            raise DataError(f"data.path: {file} is {what}; take it out of the directory")
    return path, pattern, files


def _remedy(name: str) -> str | None:
    """What makes a CSV or TFRecord file of one that is none by its name."""
    if name.lower().endswith((".csv.gz", ".csv.zip")):
        return f"unpack {name}"
    for suffix in (".csv", ".tfrecord", ".tfrecord.gz"):
        if name.lower().endswith(suffix) and not name.endswith(suffix):
            return f"rename {name} to {name[: -len(suffix)]}{suffix}"
    return None


def read_csv(files: list[Path], label: str) -> Read:
    """Reads CSV files as ExampleGen does, and makes sure that it can.

    Raises:
        DataError: a file or row is damaged, headers differ, or the label has gaps.
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
                    f"data.path: {file} has other columns than {files[0]}; all files need the same header"
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
            f"data.label: {label} is empty in {missing:,} of {len(cells):,} rows; remove those rows, or fill them in"
        )
    sizes = {name: int(name in filled) for name in header}
    return Read(header, sizes, min(len(different), ENOUGH_ROWS), _typed(cells, label))


def _check_header(columns: tuple[str, ...], file: Path, label: str) -> None:
    if len(columns) == 1 and label != columns[0] and any(mark in columns[0] for mark in ";\t|"):
        raise DataError(
            f"data.path: {file} has one column, {columns[0]!r}; save it with commas between the cells"
        )
    if "" in columns:
        raise DataError(
            f"data.path: {file}: column {columns.index('') + 1} has no name; give it one, or take it out"
        )
    if odd := [name for name in columns if "\n" in name or "\r" in name]:
        raise DataError(f"data.path: {file}: the name of the column {odd[0]!r} has a line break; take it out")
    _require(label, columns, file)


def _any_filled(cells: pa.Array) -> bool:
    return pc.max(pc.binary_length(cells)).as_py() > 0


def _typed(cells: pa.ChunkedArray, label: str) -> np.ndarray:
    """Cells as ExampleGen reads them: as whole numbers or as numbers where all of them are, else as text."""
    distinct = cells.unique()
    numbers = [_number(cell) for cell in distinct.to_pylist()]
    if None in numbers:
        values = np.array(distinct.to_pylist(), object)
    elif huge := [number for number in numbers if isinstance(number, int) and not -(2**63) <= number < 2**63]:
        raise DataError(
            f"data.label: {label} has whole numbers that take more than 64 bits, such as {huge[0]}; scale them, or "
            "write a letter before each if they are classes"
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


def read_tfrecords(files: list[Path], label: str) -> Read:
    """Reads TFRecord files of `tf.Example`s.

    Raises:
        DataError: a file is damaged, or examples have no label, or several.
    """
    spans: dict[str, list[int]] = {}
    of_bytes: set[str] = set()
    different: set[bytes] = set()
    parts: list[np.ndarray] = []
    for file, records, batch in _batches(files):
        if len(different) < ENOUGH_ROWS:
            different.update(records)
        if label not in spans:
            _require(label, tuple(batch.schema.names), file)
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        for name in {**spans, **columns}:
            column = columns.get(name, _NOTHING)
            is_empty = pa.types.is_null(column.type)
            if not is_empty and pa.types.is_large_binary(column.type.value_type):
                of_bytes.add(name)
            span = {} if is_empty else pc.min_max(pc.fill_null(pc.list_value_length(column), 0)).as_py()
            # What comes up late had no values before.
            spans.setdefault(name, [0] if parts else []).extend(span.values() or [0])
        column = columns.get(label, _NOTHING)
        has_none = pa.types.is_null(column.type)
        values = np.empty(0) if has_none else column.flatten().to_numpy(zero_copy_only=False)
        if len(values) != batch.num_rows:
            raise DataError(
                f"data.label: {label} in {file} has {len(values):,} values in {batch.num_rows:,} examples; "
                "a label is one value per example"
            )
        parts.append(values)
    sizes = {name: _size(span) for name, span in spans.items() if name not in of_bytes}
    labels = np.concatenate(parts or [np.empty(0)])
    return Read(tuple(spans), sizes, min(len(different), ENOUGH_ROWS), labels)


def _batches(files: list[Path]) -> Iterator[tuple[Path, list[bytes], pa.RecordBatch]]:
    """Some examples at a time, serialised and parsed, with the file that they are from."""
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    decoder = ExamplesToRecordBatchDecoder()
    for file in files:
        records = read_records(file)
        try:
            while some := list(islice(records, RECORDS)):
                yield file, some, decoder.DecodeBatch(some)
        except (ValueError, OSError, EOFError) as error:
            raise DataError(f"data.path: {file} is not a TFRecord file of tf.Example: {error}") from None


def _size(counts: list[int]) -> int | None:
    """Of a feature with these numbers of values; a single value may be missing."""
    most = max(counts)
    return most if most <= 1 or min(counts) == most else None


def _require(label: str, columns: tuple[str, ...], file: Path) -> None:
    if label not in columns:
        raise DataError(f"data.label: {label!r} is not a column of {file}; it has {', '.join(columns)}")
