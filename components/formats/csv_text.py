"""Cuts CSV files into blocks of whole rows, and reads their header, without parsing the cells."""

import codecs
import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from components.errors import UserError, few
from components.formats.signatures import ENOUGH_BYTES, GZIP_ERRORS, gzip_fault, mistaken

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


def whole_rows(stream: BinaryIO | gzip.GzipFile, name: str) -> Iterator[bytes]:
    """Yields blocks of a CSV file that end at the end of a row; line feeds in quoted cells do not count.

    Raises:
        UserError: The file cannot be read, or is not a CSV file.
    """
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


def header(block: bytes, name: str) -> tuple[list[str], bytes]:
    """Returns the column names, and the rest of the first block of a file.

    Raises:
        UserError: There is no header, or it cannot be used.
    """
    block = block.removeprefix(codecs.BOM_UTF8)
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
