"""Reads CSV files as text, in blocks of whole rows and in constant memory."""

import codecs
import csv
import gzip
import itertools
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from components.errors import UserError, few
from components.features import RawFeature
from components.formats.rows import STANDARD_STREAM, NoRowsError
from components.formats.signatures import ENOUGH_BYTES, GZIP_ERRORS, gzip_fault, mistaken
from reactive_schedules.printable import one_line

BLOCK_BYTES = 2**22
"""Bytes read from a CSV file at a time."""

MAX_ROW_BYTES = 2**26
"""Maximum size of one row of a CSV file, in bytes."""

MAX_HEADER_BYTES = 2**22
"""Maximum size of the header of a CSV file, in bytes."""

MAX_NAME = 1000
"""Maximum length of the name of a column, in characters."""

_OPEN_QUOTE = 'a quoted cell is never closed: the number of quotes (") is odd'
_ONLY_RETURNS = "lines end with a carriage return alone; save the file with line feeds"
_NO_HEADER = "the first line must be a header with the names of the columns"
_LONG_NAME = f"a column has a name of more than {MAX_NAME:,} characters; {_NO_HEADER}"


class CsvRows:
    """Reads cells as text; an empty cell is an empty string."""

    def __init__(
        self,
        file: str,
        features: Mapping[str, RawFeature] | None = None,
        stream: BinaryIO | None = None,
    ) -> None:
        """Reads the header.

        Args:
            file: Path, or `-` for standard input.
            features: Ignored; cells are always text.
            stream: The open file, for files that are not local.
        """
        is_local = file != STANDARD_STREAM and stream is None
        self.name = "standard input" if file == STANDARD_STREAM else file
        self._raw = Path(file).open("rb") if is_local else stream or sys.stdin.buffer  # noqa: SIM115
        self._size = Path(file).stat().st_size if is_local else None
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
            raise NoRowsError(f"{self.name}: the file has a header but no rows")

    def _parse(self, block: bytes, count: int) -> pa.Table:
        try:
            return arrow_csv.read_csv(
                pa.BufferReader(block),
                arrow_csv.ReadOptions(
                    column_names=self.schema.names, block_size=len(block) + 1, use_threads=False
                ),
                arrow_csv.ParseOptions(newlines_in_values=True),
                arrow_csv.ConvertOptions(column_types=self.schema, strings_can_be_null=False),
            )
        except pa.ArrowInvalid as error:
            raise UserError(f"{self.name}: {_fault(str(error), count)}") from None


def _fault(text: str, count: int) -> str:
    """What Arrow's message says, with the number of the row in the file.

    Args:
        text: Message of Arrow.
        count: Rows in the blocks before.
    """
    if found := re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", text):
        row, expected, cells = (int(number) for number in found.groups())
        return f"row {count + row}: {cells} cell{'' if cells == 1 else 's'}, but the header has {expected}"
    if "UTF8" in text and (found := re.search(r"Row #(\d+)", text)):
        return f"row {count + int(found[1])}: the text is not UTF-8; save the file as UTF-8"
    return f"after row {count}: {one_line(text)}"


def _whole_rows(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Yields blocks of a CSV file that end at the end of a row."""
    rest, is_quoted, is_start = b"", False, True
    try:
        while data := stream.read(BLOCK_BYTES):
            if is_start and (other := mistaken(data[:ENOUGH_BYTES], "CSV")):
                raise UserError(f"{name}: {other}")
            is_start = False
            end = _end_of_rows(data, is_quoted)
            if end:
                yield rest + data[:end]
                rest, is_quoted = data[end:], False
            else:
                rest += data
            is_quoted ^= data.count(b'"', end) % 2 == 1
            if len(rest) > MAX_ROW_BYTES:
                fault = _OPEN_QUOTE if is_quoted else _ONLY_RETURNS if b"\r" in rest else "is it a CSV file?"
                raise UserError(f"{name}: a row has more than {MAX_ROW_BYTES:,} bytes; {fault}")
    except GZIP_ERRORS as error:
        raise UserError(f"{name}: {gzip_fault(error)}") from None
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror or error}") from None
    if is_quoted:
        raise UserError(f"{name}: {_OPEN_QUOTE}")
    if rest:
        yield rest


def _end_of_rows(data: bytes, is_quoted: bool) -> int:
    """Returns the end of the last row: the position after the last line feed outside quotes, or 0.

    Args:
        data: Part of a file.
        is_quoted: Whether it begins inside quotes.
    """
    last = data.rfind(b"\n")
    if last < 0 or data.count(b'"', 0, last) % 2 == is_quoted:
        return last + 1
    characters = np.frombuffer(data, np.uint8)
    inside = np.logical_xor.accumulate(characters == ord('"'))
    ends = np.flatnonzero((characters == ord("\n")) & (inside == is_quoted))
    return int(ends[-1]) + 1 if len(ends) else 0


def _header(block: bytes, name: str) -> tuple[list[str], bytes]:
    """Returns the column names, and the rest of the block."""
    end = _end_of_header(block)
    line, rest = (block, b"") if end < 0 else (block[:end], block[end + 1 :])
    if len(line) > MAX_HEADER_BYTES:
        fault = _ONLY_RETURNS if b"\r" in line else _NO_HEADER
        raise UserError(f"{name}: the header has more than {MAX_HEADER_BYTES:,} bytes; {fault}")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise UserError(f"{name}: the header is not UTF-8 text; save the file as UTF-8") from None
    if "\0" in text:
        raise UserError(f"{name}: the header has NUL characters; save the file as text in UTF-8")
    try:
        columns = next(csv.reader([text]), [])
    except csv.Error:  # a carriage return with no line feed after it, or a cell of more than 128 KiB
        fault = _ONLY_RETURNS if "\r" in text else _LONG_NAME
        raise UserError(f"{name}: {fault}") from None
    if not any(columns):
        raise UserError(f"{name}: the file is empty; add a header with the names of the columns")
    if any(len(column) > MAX_NAME for column in columns):
        raise UserError(f"{name}: {_LONG_NAME}")
    if repeated := sorted(column for column, count in Counter(columns).items() if count > 1):
        raise UserError(
            f"{name}: duplicate column {few([repr(each) for each in repeated])}; rename one of them"
        )
    return columns, rest


def _end_of_header(block: bytes) -> int:
    """Returns the position of the first line feed outside quotes, or -1 if the header has none."""
    start = quotes = 0
    while (end := block.find(b"\n", start, MAX_HEADER_BYTES)) >= 0:
        quotes += block.count(b'"', start, end)
        if quotes % 2 == 0:
            return end
        start = end + 1
    return -1
