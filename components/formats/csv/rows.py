"""Reads CSV files as text, in blocks of whole rows and in constant memory."""

import gzip
import itertools
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from components.errors import UserError
from components.features import RawFeature
from components.formats.csv import encoding as text_encoding
from components.formats.csv import header as csv_header
from components.formats.csv.encoding import UTF_8, WINDOWS
from components.formats.csv.header import SEPARATORS, Header
from components.formats.csv.text import whole_rows
from components.formats.rows import STANDARD_STREAM, NoRowsError
from components.formats.signatures import GZIP_ERRORS, gzip_fault
from reactive_schedules.printable import one_line

_INDEX = "the first column has no name and is left out as an index; name it to train on it"


class CsvRows:
    """Reads cells as text.

    Attributes:
        header: What the first rows say.
        remarks: How the file is read where that is not obvious, a line each.
    """

    def __init__(
        self,
        file: str,
        features: Mapping[str, RawFeature] | None = None,
        *,
        nulls: bool = False,
        encoding: str | None = None,
    ) -> None:
        """Reads the header.

        Args:
            file: Path, or `-` for standard input.
            features: Ignored; cells are always text.
            nulls: Whether to read for training: an empty cell is null instead of an empty string, and an index without
                a name is left out.
            encoding: Encoding of the file, if it is known.
        """
        is_local = file != STANDARD_STREAM
        self.name = file if is_local else "standard input"
        self._nulls = nulls
        self._encoding = encoding or (find_encoding(file) if is_local else None)
        self._raw = Path(file).open("rb") if is_local else sys.stdin.buffer  # noqa: SIM115
        self._size = Path(file).stat().st_size if is_local else None
        self._blocks = map(self._utf_8, whole_rows(_unpacked(self._raw, file), self.name))
        self.header, self._first = csv_header.read(next(self._blocks, b""), self.name)
        self._columns = used_columns(self.header) if nulls else self.header.names
        self.schema = pa.schema([(column, pa.string()) for column in self._columns])

    @property
    def done(self) -> float | None:
        """See `Rows`."""
        return None if self._size is None else self._raw.tell() / self._size

    @property
    def remarks(self) -> tuple[str, ...]:
        """See `Rows`."""
        form, found = [], []
        if (separator := self.header.separator) != "," and not re.search(r"(?i)\.tsv(\.gz)?$", self.name):
            form.append(f"cells are separated by {SEPARATORS.get(separator, repr(separator))}")
        if self._encoding not in (None, UTF_8):
            form.append(f"read as {text_encoding.NAMES[self._encoding]}")
        if form:
            found.append(", ".join(form))
        if self._nulls and self.header.index:
            found.append(_INDEX)
        return tuple(found)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See `Rows`."""
        count = 0
        for block in itertools.chain([self._first], self._blocks):
            try:
                for batch in parse(block, self.header, self._columns, nulls=self._nulls):
                    count += batch.num_rows
                    yield batch
            except pa.ArrowInvalid as error:
                raise UserError(f"{self.name}: {_fault(str(error), count)}") from None
        if count == 0:
            raise NoRowsError(f"{self.name}: the file has a header but no rows")

    def _utf_8(self, block: bytes) -> bytes:
        """Converts a block; the encoding of standard input is that of the first block that is not ASCII."""
        found = text_encoding.of(block) if self.name == "standard input" else self._encoding
        if self._encoding is None:
            self._encoding = found
        if WINDOWS in (found, self._encoding) and found not in (None, self._encoding):
            raise UserError(f"{self.name}: the text mixes UTF-8 and Windows-1252; convert it to UTF-8")
        return to_utf_8(block, found)


def find_encoding(file: str) -> str:
    """Returns the encoding of a file: a key of `text_encoding.NAMES`; reads all of it.

    Raises:
        UserError: The file cannot be read.
    """
    try:
        with Path(file).open("rb") as raw:
            return text_encoding.find(_unpacked(raw, file))
    except GZIP_ERRORS as error:
        raise UserError(f"{file}: {gzip_fault(error)}") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror or error}") from None


def is_packed(file: str) -> bool:
    """Whether a file of this name is compressed."""
    return file.lower().endswith(".gz")


def _unpacked(raw: IO[bytes], file: str) -> IO[bytes]:
    return gzip.GzipFile(fileobj=raw) if is_packed(file) else raw  # pyright: ignore[reportReturnType]


def to_utf_8(rows: bytes, encoding: str | None) -> bytes:
    """Converts whole rows; `whole_rows` has converted UTF-16 already."""
    return rows.decode(WINDOWS).encode() if encoding == WINDOWS else rows


def used_columns(header: Header) -> tuple[str, ...]:
    """The columns to train on: all but an index without a name."""
    return header.names[header.index :]


def parse(rows: bytes, header: Header, columns: tuple[str, ...], *, nulls: bool) -> list[pa.RecordBatch]:
    """Parses whole rows of a CSV file into columns of text.

    Args:
        rows: Rows without the header, in UTF-8.
        header: Header of the file.
        columns: The last of its columns, all or less.
        nulls: Whether an empty cell is null instead of an empty string.

    Raises:
        pa.ArrowInvalid: A row has too many or too few cells, or is not UTF-8.
    """
    if re.fullmatch(rb"[\r\n]*", rows):
        return []
    count = len(header.names)
    read = [str(place) for place in range(count + header.has_end)]
    table = arrow_csv.read_csv(
        pa.BufferReader(rows),
        arrow_csv.ReadOptions(column_names=read, block_size=len(rows) + 1, use_threads=False),
        arrow_csv.ParseOptions(delimiter=header.separator, newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(read, pa.string()),
            null_values=[""],
            strings_can_be_null=nulls,
            include_columns=read[count - len(columns) :],
        ),
    )
    batches = table.to_batches()
    if header.has_end:
        for batch in batches:
            _check_end(batch.column(len(columns)))
    return [pa.RecordBatch.from_arrays(batch.columns[: len(columns)], list(columns)) for batch in batches]


def _check_end(cells: pa.Array) -> None:
    """Checks that the last column, which has no name, is empty."""
    if filled := [text for text in cells.unique().to_pylist() if text]:
        raise pa.ArrowInvalid(f"the last column has no name, but the value {filled[0][:40]!r}; name it")


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
