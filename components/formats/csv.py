"""Reads CSV files as text, in blocks of whole rows and in constant memory."""

import codecs
import csv
import gzip
import itertools
import re
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from components.errors import UserError
from components.features import RawFeature
from components.formats.rows import STANDARD_STREAM, NoRowsError

BLOCK_BYTES = 2**22
"""Bytes read from a CSV file at a time."""

MAX_ROW_BYTES = 2**26
"""Maximum size of one row of a CSV file, in bytes."""

_OPEN_QUOTE = 'a quoted cell is never closed: the number of quotes (") is odd'


class CsvRows:
    """Reads cells as text; an empty cell is an empty string."""

    def __init__(self, file: str, features: Mapping[str, RawFeature] | None = None) -> None:
        """Reads the header.

        Args:
            file: Path, or `-` for standard input.
            features: Ignored; cells are always text.
        """
        is_file = file != STANDARD_STREAM
        self.name = file if is_file else "standard input"
        self._raw = Path(file).open("rb") if is_file else sys.stdin.buffer  # noqa: SIM115
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
            raise NoRowsError(f"{self.name}: the file has a header but no rows")

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
                fault = f"row {row}: {cells} cell{plural}, but the header has {faults[0].expected_columns}"
            elif "UTF8" in str(error):
                row = count + int(re.search(r"Row #(\d+)", str(error)).group(1))
                fault = f"row {row}: the text is not UTF-8; save the file as UTF-8"
            else:
                fault = f"after row {count}: {error}"
            raise UserError(f"{self.name}: {fault}") from None


def _whole_rows(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Yields blocks of a CSV file that end at the end of a row."""
    rest = b""
    try:
        while data := stream.read(BLOCK_BYTES):
            rest += data
            end = _end_of_rows(rest)
            if end == 0 and len(rest) > MAX_ROW_BYTES:
                raise UserError(f"{name}: a row has more than {MAX_ROW_BYTES:,} bytes; {_OPEN_QUOTE}")
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
    """Returns the end of the last row: the position after the last line feed outside quotes."""
    is_quoted, end = data.count(b'"') % 2, len(data)
    while (line_feed := data.rfind(b"\n", 0, end)) >= 0:
        is_quoted ^= data.count(b'"', line_feed, end) % 2
        if not is_quoted:
            return line_feed + 1
        end = line_feed
    return 0


def _header(block: bytes, name: str) -> tuple[list[str], bytes]:
    """Returns the column names, and the rest of the block."""
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
            f"{name}: lines end with a carriage return alone; save the file with line feeds"
        ) from None
    if not any(columns):
        raise UserError(f"{name}: the file is empty; add a header with the names of the columns")
    if repeated := sorted({column for column in columns if columns.count(column) > 1}):
        raise UserError(f"{name}: duplicate column {', '.join(map(repr, repeated))}; rename one of them")
    return columns, rest
