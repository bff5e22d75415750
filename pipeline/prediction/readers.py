"""Files of rows, read batch by batch."""

import codecs
import csv
import gzip
import itertools
import re
import sys
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv
from pyarrow import parquet, types

from components.errors import UserError
from components.features import RawFeature
from components.formats.tfrecord import read_records
from pipeline.prediction.columns import Column
from pipeline.prediction.tables import check_columns, decode_examples

BLOCK_BYTES = 2**22
"""Of a CSV file that are read at once."""

MAX_ROW_BYTES = 2**26
"""What one row of a CSV file may take."""

RECORDS = 4096
"""Of a TFRecord file that are parsed at once."""

STANDARD_STREAM = "-"
"""Name of a file that stands for standard input and output, both CSV."""


_OPEN_QUOTE = 'a quoted cell is never closed: the number of " is odd'


class NoRowsError(UserError):
    """A CSV file has a header and nothing else."""


class Rows(Protocol):
    """An open file of rows.

    Attributes:
        name: of the file, for messages.
        schema: columns that every batch has.
        done: share of it that has been read, from 0 to 1; None where its length is not known.
    """

    name: str
    schema: pa.Schema
    done: float | None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in order.

        Raises:
            UserError: the file is damaged, or has no rows.
        """


def open_rows(file: str, features: Mapping[str, RawFeature]) -> Rows:
    """Opens a file by its suffix, and makes sure that it has the columns needed.

    Args:
        file: `.csv`, `.csv.gz`, `.parquet`, `.tfrecord`, `.tfrecord.gz`, or `-` for CSV from standard input.
        features: of the model.

    Raises:
        UserError: there is no such file, it is none of these, or it lacks columns.
    """
    if file != STANDARD_STREAM and not Path(file).is_file():
        raise UserError(f"{file}: there is no such file")
    if file == STANDARD_STREAM or file.endswith((".csv", ".csv.gz")):
        rows = CsvRows(file)
    elif file.endswith(".parquet"):
        rows = ParquetRows(file)
    elif file.endswith((".tfrecord", ".tfrecord.gz")):
        rows = ExampleRows(file, features)
    else:
        raise UserError(f"{file}: the suffix is none of .csv, .csv.gz, .parquet, .tfrecord and .tfrecord.gz")
    check_columns(rows.schema.names, features, rows.name)
    return rows


class CsvRows:
    """Cells as text; an empty cell is an empty text."""

    def __init__(self, file: str):
        is_file = file != STANDARD_STREAM
        self.name = file if is_file else "standard input"
        self._raw = open(file, "rb") if is_file else sys.stdin.buffer  # noqa: SIM115
        self._size = Path(file).stat().st_size if is_file else None
        self._blocks = _whole_rows(
            gzip.GzipFile(fileobj=self._raw) if file.endswith(".gz") else self._raw, self.name
        )
        first = next(self._blocks, b"").removeprefix(codecs.BOM_UTF8)
        columns, self._first = _header(first, self.name)
        self.schema = pa.schema([(column, pa.string()) for column in columns])

    @property
    def done(self) -> float | None:
        """See `Rows`."""
        return None if self._size is None else self._raw.tell() / self._size

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See `Rows`."""
        count = 0
        for block in itertools.chain([self._first], self._blocks):
            if block.strip(b"\r\n"):
                for batch in self._parse(block, count).to_batches():
                    count += batch.num_rows
                    yield batch
        if count == 0:
            raise NoRowsError(f"{self.name}: it has a header and no rows")

    def _parse(self, block: bytes, count: int) -> pa.Table:
        faults: list[arrow_csv.InvalidRow] = []
        try:
            return arrow_csv.read_csv(
                pa.BufferReader(block),
                arrow_csv.ReadOptions(
                    column_names=self.schema.names, block_size=len(block) + 1, use_threads=False
                ),
                arrow_csv.ParseOptions(
                    newlines_in_values=True, invalid_row_handler=lambda row: faults.append(row) or "error"
                ),
                arrow_csv.ConvertOptions(column_types=self.schema, strings_can_be_null=False),
            )
        except pa.ArrowInvalid as error:
            if faults:
                cells, row = faults[0].actual_columns, count + faults[0].number
                plural = "" if cells == 1 else "s"
                fault = f"row {row}: {cells} cell{plural} where the header has {faults[0].expected_columns}"
            elif "UTF8" in str(error):
                row = count + int(re.search(r"Row #(\d+)", str(error)).group(1))
                fault = f"row {row}: text that is not UTF-8; save the file as UTF-8"
            else:
                fault = f"after row {count}: {error}"
            raise UserError(f"{self.name}: {fault}") from None


def _whole_rows(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Blocks of a CSV file that end where a row ends."""
    rest = b""
    try:
        while data := stream.read(BLOCK_BYTES):
            rest += data
            end = _end_of_rows(rest)
            if end == 0 and len(rest) > MAX_ROW_BYTES:
                raise UserError(f"{name}: a row of more than {MAX_ROW_BYTES:,} bytes; {_OPEN_QUOTE}")
            if end:
                yield rest[:end]
            rest = rest[end:]
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{name}: the file is damaged: {error}") from None
    if rest.count(b'"') % 2:
        raise UserError(f"{name}: {_OPEN_QUOTE}")
    if rest:
        yield rest


def _end_of_rows(data: bytes) -> int:
    """Where the last row ends: after the last line feed that is not in quotes."""
    is_quoted, end = data.count(b'"') % 2, len(data)
    while (line_feed := data.rfind(b"\n", 0, end)) >= 0:
        is_quoted ^= data.count(b'"', line_feed, end) % 2
        if not is_quoted:
            return line_feed + 1
        end = line_feed
    return 0


def _header(block: bytes, name: str) -> tuple[list[str], bytes]:
    """The names of the columns, and what follows them."""
    end = -1
    while (end := block.find(b"\n", end + 1)) >= 0 and block.count(b'"', 0, end) % 2:
        pass
    line, rest = (block, b"") if end < 0 else (block[:end], block[end + 1 :])
    try:
        columns = next(csv.reader([line.decode()]), [])
    except UnicodeDecodeError:
        raise UserError(f"{name}: the header is not UTF-8 text; save the file as UTF-8") from None
    except csv.Error:  # a carriage return with no line feed after it
        raise UserError(
            f"{name}: its lines end with a carriage return alone; save it with line feeds"
        ) from None
    if not any(columns):
        raise UserError(f"{name}: it is empty; a header with the names of the columns is needed")
    if repeated := sorted({column for column in columns if columns.count(column) > 1}):
        raise UserError(f"{name}: the column {', '.join(map(repr, repeated))} is there more than once")
    return columns, rest


class ParquetRows:
    """Columns of their own types."""

    def __init__(self, file: str):
        self.name = file
        try:
            self._file = parquet.ParquetFile(file)
        except pa.ArrowInvalid as error:
            raise UserError(f"{file}: it is no readable Parquet file: {error}") from None
        self.schema = self._file.schema_arrow
        self.done = 0.0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See `Rows`."""
        total, count = self._file.metadata.num_rows, 0
        if total == 0:
            raise UserError(f"{self.name}: it has no rows")
        try:
            for batch in self._file.iter_batches(RECORDS):
                count += batch.num_rows
                self.done = count / total
                yield batch
        except (pa.ArrowInvalid, OSError) as error:
            raise UserError(f"{self.name}: after row {count}: the file is damaged: {error}") from None


class ExampleRows:
    """Features of `tf.Example`s, as the first examples show them.

    A feature with at most one value in each of them is a column of single values, else a column of lists. What
    they have no value of, and the model does not know, is left out.
    """

    def __init__(self, file: str, features: Mapping[str, RawFeature]):
        self.name = file
        self.done = None
        self._features = features
        self._records = read_records(Path(file))
        self._count = 0
        self._first = self._read()
        if self._first is None:
            raise UserError(f"{file}: it has no examples")
        types_ = {
            name: _natural_type(self._first.column(name), features.get(name))
            for name in self._first.schema.names
        }
        self.schema = pa.schema([(name, type_) for name, type_ in types_.items() if not types.is_null(type_)])

    def _read(self) -> pa.RecordBatch | None:
        try:
            serialised = list(islice(self._records, RECORDS))
            return decode_examples(serialised, self._features) if serialised else None
        except (ValueError, OSError, EOFError) as error:
            raise UserError(f"{self.name}: after row {self._count}: {error}") from None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See `Rows`."""
        batch, self._first = self._first, None
        while batch is not None:
            columns = [self._fit(batch, field) for field in self.schema]
            self._count += batch.num_rows
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)
            batch = self._read()

    def _fit(self, batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
        place = batch.schema.get_field_index(field.name)
        column = pa.nulls(batch.num_rows) if place < 0 else batch.column(place)
        if types.is_null(column.type):
            return column.cast(field.type)
        try:
            return (column if types.is_large_list(field.type) else _singles(column)).cast(field.type)
        except pa.ArrowInvalid:
            raise UserError(
                f"{self.name}: in the {batch.num_rows:,} examples after row {self._count}, the feature "
                f"{field.name!r} has values that are no {field.type}, which it is in the first examples"
            ) from None


def _natural_type(column: pa.Array, feature: RawFeature | None) -> pa.DataType:
    if types.is_null(column.type):
        kinds = {"int64": pa.int64(), "float32": pa.float32(), "string": pa.string()}
        return kinds[feature.dtype] if feature else pa.null()
    type_ = column.type.value_type
    if types.is_large_binary(type_):
        try:
            column.flatten().cast(pa.large_string())
            type_ = pa.large_string()
        except pa.ArrowInvalid:  # no UTF-8, such as an image
            pass
    several = pc.max(pc.list_value_length(column)).as_py() > 1
    return pa.large_list(type_) if several else type_


def _singles(column: pa.Array) -> pa.Array:
    """Lists of one value as that value, empty lists as null."""
    counts = np.asarray(pc.fill_null(pc.list_value_length(column), 0)).astype(np.int64)
    if counts.max() > 1:
        raise pa.ArrowInvalid("several values")
    return Column(column.flatten(), counts).scalars()
