"""Writes CSV files."""

import base64
import csv
import io
import json
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types


class CsvWriter:
    """Writes RFC 4180 with line feeds. Cells are quoted only if needed, missing values are empty, lists are JSON.

    Bytes that are not UTF-8 text are written as base64.
    """

    _separator = ","

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        self._stream = stream
        header = io.StringIO()
        csv.writer(header, delimiter=self._separator, lineterminator="\n").writerow(schema.names)
        self._header = header.getvalue().encode()

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        self._stream.write(self._header)  # with the first rows, because the input may be refused before
        self._header = b""
        rows = pc.binary_join_element_wise(
            *(_cells(column, self._separator) for column in batch.columns), self._separator
        )
        lines = pa.ListArray.from_arrays([0, len(rows)], rows)
        self._stream.write(pc.binary_join(lines, "\n")[0].as_buffer())
        self._stream.write(b"\n")

    def close(self) -> None:
        """Does nothing: rows are written at once."""


class TsvWriter(CsvWriter):
    """Writes the same with tabs."""

    _separator = "\t"


def _cells(column: pa.Array, separator: str) -> pa.Array:
    """Converts values to the cells of a CSV file."""
    texts = pc.fill_null(_as_text(column).cast(pa.string()), "")
    special = pc.match_substring_regex(texts, f'["{separator}\r\n]')
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
    except pa.ArrowInvalid:  # bytes that are not text
        values = column.to_pylist()
        return pa.array([None if value is None else base64.b64encode(value).decode() for value in values])
