"""Cuts CSV files into blocks of whole rows, without parsing the cells."""

import re
from collections.abc import Iterator
from typing import IO

import numpy as np

from components.errors import UserError
from components.formats.csv import encoding as text_encoding
from components.formats.signatures import ENOUGH_BYTES, GZIP_ERRORS, gzip_fault, mistaken

BLOCK_BYTES = 2**22
"""Bytes read from a CSV file at a time."""

MAX_ROW_BYTES = 2**26
"""Maximum size of one row of a CSV file, in bytes."""

BLANK = b"\r\n\xef\xbb\xbf"
"""Characters that may come before the header: line ends, and the byte order mark."""

_OPEN_QUOTE = 'a quoted cell is never closed: the number of quotes (") is odd'
_MIXED_ENDS = "some lines end with a carriage return alone; save the file with line feeds"


def whole_rows(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """Yields blocks of a CSV file that end at the end of a row; line ends in quoted cells do not count.

    Text in UTF-16 becomes UTF-8. The lines end as the first one does: with a line feed, or a carriage return alone.

    Raises:
        UserError: The file cannot be read, or is not a CSV file.
    """
    rest, size, is_quoted, is_start, mark = b"", 0, False, True, None
    try:
        for data in text_encoding.utf_8(iter(lambda: stream.read(BLOCK_BYTES), b"")):
            if fault := _fault(data, size):
                raise UserError(f"{name}: {fault}")
            size += len(data)
            mark = mark or line_end(rest + data)
            end = _end_of_rows(data, is_quoted, mark or b"\n")
            if end and is_start:
                is_start = not (rest + data[:end]).strip(BLANK)
            if end and not is_start:
                yield rest + data[:end]
                rest = data[end:]
            else:
                rest += data
            if end:
                is_quoted = False
            is_quoted ^= data.count(b'"', end) % 2 == 1
            if len(rest) > MAX_ROW_BYTES:
                fault = _OPEN_QUOTE if is_quoted else _MIXED_ENDS if b"\r" in rest else "is it a CSV file?"
                raise UserError(f"{name}: a row has more than {MAX_ROW_BYTES:,} bytes; {fault}")
    except GZIP_ERRORS as error:
        raise UserError(f"{name}: {gzip_fault(error)}") from None
    except UnicodeDecodeError:
        raise UserError(f"{name}: the text in UTF-16 is damaged; save the file as UTF-8") from None
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror or error}") from None
    if is_quoted:
        raise UserError(f"{name}: {_OPEN_QUOTE}")
    if rest:
        yield rest


def _fault(data: bytes, start: int) -> str | None:
    """Why a piece of a file, which begins at byte `start`, is not a part of a CSV file; None if it may be."""
    if start == 0 and (other := mistaken(data[:ENOUGH_BYTES], "CSV")):
        return other
    if (place := data.find(0)) >= 0:
        return f"byte {start + place + 1:,} is NUL, which text does not have; save the file as text in UTF-8"
    return None


def line_end(text: bytes) -> bytes | None:
    """How lines end: a carriage return if the first line ends with one alone, else a line feed; None if unknown yet.

    Args:
        text: The start of a file.
    """
    start = text.lstrip(BLANK)
    place = end_of_line(start, b"\r\n")
    if place < 0 or start[place : place + 2] == b"\r":
        return None
    return b"\r" if start[place : place + 1] == b"\r" and start[place + 1 : place + 2] != b"\n" else b"\n"


def end_of_line(text: bytes, ends: bytes, most: int | None = None) -> int:
    """Returns the position of the first of the characters `ends` outside quotes, or -1 if there is none."""
    quotes = start = 0
    for found in re.compile(b"[%s]" % ends).finditer(text, 0, len(text) if most is None else most):
        quotes += text.count(b'"', start, found.start())
        if quotes % 2 == 0:
            return found.start()
        start = found.start()
    return -1


def _end_of_rows(data: bytes, is_quoted: bool, mark: bytes) -> int:
    """Returns the end of the last row: the position after the last line end outside quotes, or 0.

    Args:
        data: Part of a file.
        is_quoted: Whether it begins inside quotes.
        mark: The line end.
    """
    last = data.rfind(mark)
    if last < 0 or data.count(b'"', 0, last) % 2 == is_quoted:
        return last + 1
    characters = np.frombuffer(data, np.uint8)
    inside = np.logical_xor.accumulate(characters == ord('"'))
    ends = np.flatnonzero((characters == ord(mark)) & (inside == is_quoted))
    return int(ends[-1]) + 1 if len(ends) else 0
