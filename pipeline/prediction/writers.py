"""Files of rows with their predictions."""

import base64
import contextlib
import csv
import gzip
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet, types

from components.errors import UserError
from pipeline.prediction.readers import STANDARD_STREAM

ROW_GROUP = 2**16
"""Rows that a Parquet file holds together."""


class Writer(Protocol):
    """Takes batches of one schema."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""

    def close(self) -> None:
        """Writes what is still held back; the file stays open."""


def check_output(file: str, overwrite: bool) -> None:
    """Makes sure that a file can be written, before any work is done.

    Args:
        file: `.csv`, `.csv.gz`, `.parquet`, or `-` for CSV to standard output.
        overwrite: whether it may be there already.

    Raises:
        UserError: it is none of these, it exists, or its folder does not.
    """
    if file == STANDARD_STREAM:
        return
    if not file.endswith((".csv", ".csv.gz", ".parquet")):
        raise UserError(f"{file}: the suffix is none of .csv, .csv.gz and .parquet")
    if Path(file).is_dir() or not Path(file).absolute().parent.is_dir():
        raise UserError(f"{file}: {'it is a folder' if Path(file).is_dir() else 'there is no such folder'}")
    if Path(file).exists() and not overwrite:
        raise UserError(f"{file}: it exists; give --overwrite to replace it")


@contextlib.contextmanager
def open_writer(file: str, schema: pa.Schema) -> Iterator[Writer]:
    """A writer by the file's suffix; the file appears when all is written, or not at all.

    Raises:
        UserError: the file cannot be written.
    """
    if file == STANDARD_STREAM:
        writer = CsvWriter(sys.stdout.buffer, schema)
        yield writer
        sys.stdout.buffer.flush()
        return
    path = Path(file)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    kind = ParquetWriter if file.endswith(".parquet") else CsvWriter
    try:
        with part.open("xb") as raw:
            stream = gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) if file.endswith(".gz") else raw
            with stream, contextlib.closing(kind(stream, schema)) as writer:
                yield writer
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except OSError as error:  # the disk is full, or the folder is another's
        raise UserError(f"{file}: it cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


class CsvWriter:
    """RFC 4180 with line feeds: a cell is quoted where it must be; gaps are empty, lists are JSON.

    Bytes that are no text are written as base64.
    """

    def __init__(self, stream: BinaryIO, schema: pa.Schema):
        self._stream = stream
        header = io.StringIO()
        csv.writer(header, lineterminator="\n").writerow(schema.names)
        self._header = header.getvalue().encode()

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        self._stream.write(self._header)  # with the first rows, as until then the input may be refused
        self._header = b""
        rows = pc.binary_join_element_wise(*map(_cells, batch.columns), ",")
        lines = pa.ListArray.from_arrays([0, len(rows)], rows)
        self._stream.write(pc.binary_join(lines, "\n")[0].as_buffer())
        self._stream.write(b"\n")

    def close(self) -> None:
        """Nothing is held back."""


def _cells(column: pa.Array) -> pa.Array:
    """Each value as the cell of a CSV file."""
    texts = pc.fill_null(_as_text(column).cast(pa.string()), "")
    special = pc.match_substring_regex(texts, '[",\r\n]')
    if not pc.any(special).as_py():
        return texts
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")
    return pc.if_else(special, quoted, texts)


def _as_text(column: pa.Array) -> pa.Array:
    kind = column.type
    if types.is_boolean(kind):
        return pc.if_else(column, "True", "False")  # as Python and pandas write them
    if types.is_nested(kind):
        return pa.array(
            [json.dumps(value, default=str) if value else None for value in column.to_pylist()], pa.string()
        )
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:  # bytes that are no text
        values = column.to_pylist()
        return pa.array([None if value is None else base64.b64encode(value).decode() for value in values])


class ParquetWriter:
    """Columns of their own types."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema):
        self._schema = schema
        self._writer = parquet.ParquetWriter(stream, schema)
        self._held: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        self._held.append(batch)
        if sum(held.num_rows for held in self._held) >= ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Writes what is still held back."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
        self._held = []
