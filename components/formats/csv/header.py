"""How a CSV file separates its cells, and the names of its columns: both found in its first rows."""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from components.errors import UserError
from components.formats.cells.numbers import Kind, kind_of
from components.formats.columns import duplicate, is_index
from components.formats.csv.text import end_of_line, line_end
from reactive_schedules.printable import one_line

SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas"}
"""Separators in the order in which they are preferred, because commas also stand in numbers and texts; with words."""

MAX_HEADER_BYTES = 2**22
"""Maximum size of the header of a CSV file, in bytes."""

MAX_NAME = 1000
"""Maximum length of the name of a column, in characters."""

_SAMPLE_BYTES = 2**16
_SAMPLE_ROWS = 100
"""Limits of the first rows that are looked at."""

_NO_HEADER = "the first line must be a header with the names of the columns"
_LONG_NAME = f"a column has a name of more than {MAX_NAME:,} characters; {_NO_HEADER}"


@dataclass(frozen=True)
class Header:
    """What the first rows of a CSV file say.

    Attributes:
        names: Names of the columns, without spaces around them.
        separator: Character between cells.
        has_end: Whether every row ends with a separator: the last column has no name, and must have no values.
        is_data: Whether the first row looks like all others, so that the file seems to have no header.
    """

    names: tuple[str, ...]
    separator: str = ","
    has_end: bool = False
    is_data: bool = False

    @property
    def index(self) -> int:
        """Number of columns at the start that are an index instead of data."""
        return sum(1 for _ in itertools.takewhile(is_index, self.names[: len(self.names) - 1]))


def read(block: bytes, name: str) -> tuple[Header, bytes]:
    """Returns the header, and the rest of the first block of a file, in UTF-8.

    Raises:
        UserError: There is no header, or it cannot be used.
    """
    ends = line_end(block) or b"\n"
    block = block.lstrip(b"\r\n").removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    told = re.match(rb'"?sep=([,;|\t])"?(?:\r\n|\n|\r)[\r\n]*', block)  # a line that Excel understands
    block = block[told.end() :] if told else block
    end = end_of_line(block, ends, MAX_HEADER_BYTES)
    line, rest = (block, b"") if end < 0 else (block[:end], block[end + 1 :])
    if len(line) > MAX_HEADER_BYTES:
        raise UserError(f"{name}: the header has more than {MAX_HEADER_BYTES:,} bytes; {_NO_HEADER}")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise UserError(f"{name}: the header is not UTF-8 text; save the file as UTF-8") from None
    following = rest[: max(0, _SAMPLE_BYTES - len(line))]
    tables = _tables(f"{text}\n{following.decode(errors='replace')}", cut=len(following) < len(rest))
    separator = told[1].decode() if told else _separator(tables)
    names = _cells(text, separator, name)
    if not any(names):
        lacks = "the first line has no names" if text.strip() else "the file is empty"
        raise UserError(f"{name}: {lacks}; add a header with the names of the columns")
    rows = tables.get(separator, [])
    _refuse_title(names, tables, separator, name)
    has_end = (
        len(names) > 1 and not names[-1] and not any(row[-1] for row in rows[1:] if len(row) == len(names))
    )
    names = names[:-1] if has_end else names
    is_data = _is_data(names, rows[1:])
    if fault := duplicate(filter(None, names)):
        if is_data:
            raise UserError(
                f"{name}: the first line seems to be data; add a header with the names of the columns"
            )
        raise UserError(f"{name}: {fault}")
    return Header(tuple(names), separator, has_end, is_data), rest


def _cells(line: str, separator: str, name: str) -> list[str]:
    try:
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:  # a cell of more than 128 KiB
        raise UserError(f"{name}: {_LONG_NAME}") from None
    if any(len(cell) > MAX_NAME for cell in cells):
        raise UserError(f"{name}: {_LONG_NAME}")
    return cells


def _tables(sample: str, cut: bool) -> dict[str, list[list[str]]]:
    """The first rows by separator, without blank ones; a separator with which quotes are misplaced is left out.

    Args:
        sample: Text of the first rows.
        cut: Whether the last row may be incomplete.
    """
    found = {}
    for separator in SEPARATORS:
        rows = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator, strict=True):
                if row:
                    rows.append(row)
                if len(rows) > _SAMPLE_ROWS:
                    break
            else:
                if cut and len(rows) > 1:
                    rows.pop()
        except csv.Error as error:
            if "unexpected end of data" not in str(error):  # a quoted cell that is cut
                continue
        if rows:
            found[separator] = rows
    return found


def _separator(tables: dict[str, list[list[str]]]) -> str:
    """The separator that gives all rows the cells of the header, or, if there is none, most rows."""
    shares = {
        separator: sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        for separator, rows in tables.items()
        if len(rows[0]) > 1
    }
    consistent = [separator for separator in SEPARATORS if shares.get(separator) == 1]
    return consistent[0] if consistent else max(reversed(SEPARATORS), key=lambda each: shares.get(each, 0))


def _refuse_title(
    names: Sequence[str], tables: dict[str, list[list[str]]], separator: str, name: str
) -> None:
    """Refuses a first line that is a title or a comment above the table."""
    for mark, rows in tables.items() if len(names) == 1 else [(separator, tables.get(separator, []))]:
        widths = {len(row) for row in rows[1:]}
        (width,) = widths if len(widths) == 1 else (0,)
        # The lists of a single column may all have the same length.
        if (
            len(rows) > 2
            and width > max(2, len(names))
            and (mark == separator or (not _numbers(rows[1]) and _numbers(rows[-1])))
        ):
            first = one_line(names[0], 40)
            raise UserError(
                f"{name}: the first line, {first!r}, has {len(names)} cell{'s' * (len(names) > 1)}, but all after it "
                f"have {width}; delete what stands above the header, or name all columns"
            )


def _is_data(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether all cells of the first row could be data: numbers above numbers, or values that come again.

    A row of consecutive whole numbers is a header; pandas writes it for columns without names.
    """
    numbers = _numbers(names)
    is_counted = len(numbers) > 1 and all(
        after == before + 1 for before, after in itertools.pairwise(numbers)
    )
    if is_counted or not (numbers or duplicate(names)):
        return False
    columns = [[row[place].strip() for row in rows if len(row) > place] for place in range(len(names))]
    return all(map(_could_be_in, names, columns))


def _could_be_in(cell: str, column: list[str]) -> bool:
    filled = [other for other in column if other]
    return not cell or cell in filled or (bool(_numbers([cell])) and len(_numbers(filled)) == len(filled) > 0)


def _numbers(cells: Sequence[str]) -> list[float]:
    """The cells that are numbers."""
    return [float(cell) for cell in cells if kind_of(cell) in (Kind.WHOLE, Kind.FRACTION)]
