"""Tables of random rows, as CSV or Parquet, of any length in bounded memory."""

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

LABEL = "label"
FEW, MANY = 10, 10_000
"""Levels of text."""

_BLOCK = 100_000


@dataclasses.dataclass(frozen=True)
class Shape:
    """Rows, and columns by kind; the label, a number that depends on the others, comes on top.

    Attributes:
        rows: Number of rows.
        numbers: Columns of numbers, a third of them whole; 2 % of the cells of every second one are empty.
        few: Columns of text with `FEW` levels.
        many: Columns of text with `MANY` levels, some far more frequent than others.
        dates: Columns of dates, such as 2024-01-31.
    """

    rows: int
    numbers: int = 0
    few: int = 0
    many: int = 0
    dates: int = 0

    @property
    def columns(self) -> int:
        """Number of columns, with the label."""
        return self.numbers + self.few + self.many + self.dates + 1


def write(shape: Shape, path: Path, first_row: int = 0) -> Path:
    """Writes the table; the suffix of `path`, `.csv` or `.parquet`, says how. The same shape gives the same rows.

    Args:
        shape: Rows and columns.
        path: File to write.
        first_row: Its number, which differs from file to file of a table in several.
    """
    blocks = _blocks(shape, first_row)
    first = next(blocks)
    with path.open("wb") as file:
        if path.suffix == ".parquet":
            writer = parquet.ParquetWriter(file, first.schema)
        else:
            file.write(
                f"{','.join(first.column_names)}\n".encode()
            )  # Arrow quotes names, and TFX keeps the quotes
            writer = csv.CSVWriter(file, first.schema, write_options=csv.WriteOptions(include_header=False))
        with writer:
            for block in itertools.chain([first], blocks):
                writer.write_table(block)
    return path


def write_parts(shape: Shape, folder: Path, files: int) -> Path:
    """Writes the table as CSV files of equally many rows into a new folder: a worker reads one file."""
    folder.mkdir()
    part = dataclasses.replace(shape, rows=shape.rows // files)
    for number in range(files):
        write(part, folder / f"{number}.csv", number * part.rows)
    return folder


def head(source: Path, rows: int, target: Path) -> Path:
    """Writes the first rows of a table to a file of the same format."""
    if source.suffix == ".parquet":
        with parquet.ParquetFile(source) as file:
            batch = next(file.iter_batches(rows))
        parquet.write_table(pa.Table.from_batches([batch]), target)
    else:
        with source.open("rb") as lines, target.open("wb") as written:
            written.writelines(line for line, _ in zip(lines, range(rows + 1), strict=False))
    return target


def _blocks(shape: Shape, first_row: int) -> Iterator[pa.Table]:
    for start in range(0, shape.rows, _BLOCK):
        yield _block(shape, np.random.default_rng(first_row + start), min(_BLOCK, shape.rows - start))


def _block(shape: Shape, rng: np.random.Generator, rows: int) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    value = rng.normal(size=rows)
    for index in range(shape.numbers):
        number = rng.normal(size=rows)
        if index < 5:
            value += number
        number = (100 * number).astype(int) if index % 3 == 2 else number.round(5).astype("float32")
        columns[f"number_{index}"] = pa.array(number, mask=rng.random(rows) < 0.02 if index % 2 else None)
    for index in range(shape.few):
        level = rng.integers(FEW, size=rows)
        value += level / FEW if index < 5 else 0
        columns[f"few_{index}"] = _text([f"level {n}" for n in range(FEW)], level)
    for index in range(shape.many):
        level = (rng.random(rows) ** 3 * MANY).astype(int)
        columns[f"many_{index}"] = _text([f"street {n}, {n * 7919 % 10_000:04}" for n in range(MANY)], level)
    for index in range(shape.dates):
        days = np.datetime64("2020-01-01") + rng.integers(1500, size=rows)
        columns[f"date_{index}"] = pa.array(days.astype(str))
    columns[LABEL] = pa.array(value.round(5).astype("float32"))
    return pa.table(columns)


def _text(levels: list[str], codes: np.ndarray) -> pa.Array:
    return pa.array(levels).take(pa.array(codes))
