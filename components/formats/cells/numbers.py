"""What counts as a number where data is text: one grammar for inspection, training and prediction.

A number is written in the digits 0 to 9, with an optional sign, point and exponent. It must be finite as the type that
examples store: int64, or float32 if there is a point or an exponent. Everything else is text and stays as it is
written; that includes whole numbers of more than 64 bits, which are identifiers more often than quantities.
"""

import enum
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reactive_schedules.numerals import DECIMAL, NUMBER

WHOLE = "[+-]?[0-9]+"
"""Regular expression of a whole number, for Python and for Arrow."""

_BIG = r"[0-9]{19}|[eE]\+?[0-9]{2}"
"""Numbers that may be too large for their type; without a match, they are below 10**28."""

_WHOLE_NUMBER, _POINT, _OTHER = range(3)
_CHARACTERS = np.full(256, _OTHER, np.uint8)
"""What a character may be part of: a whole number, a number with a point or an exponent, or only other text."""
_CHARACTERS[list(b"0123456789+-")] = _WHOLE_NUMBER
_CHARACTERS[list(b".eE")] = _POINT

_WHOLE = re.compile(WHOLE)
_LARGEST = float(np.finfo(np.float32).max)


def is_number(type_: pa.DataType) -> bool:
    """Whether a column of this type has numbers; booleans are none."""
    return pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_)


class Kind(enum.IntEnum):
    """What a cell holds. A column has the largest kind of its cells."""

    EMPTY = 0
    WHOLE = 1
    FRACTION = 2
    TEXT = 3


def kind_of(cell: str) -> Kind:
    """The kind of one cell."""
    if not cell:
        return Kind.EMPTY
    if _WHOLE.fullmatch(cell):
        digits = cell.lstrip("+-0") or "0"
        largest = 2**63 if cell[0] == "-" else 2**63 - 1
        # Python refuses to convert thousands of digits.
        return Kind.WHOLE if len(digits) < 20 and int(digits) <= largest else Kind.TEXT
    if DECIMAL.fullmatch(cell):
        return Kind.FRACTION if abs(float(cell)) <= _LARGEST else Kind.TEXT
    return Kind.TEXT


def kinds(cells: pa.Array) -> np.ndarray:
    """The kind of every cell.

    Args:
        cells: Text without nulls.

    Returns:
        Array of `Kind` as int8, of shape (cells,).
    """
    found = np.where(_matches(cells, f"^(?:{NUMBER})$"), Kind.FRACTION, Kind.TEXT).astype(np.int8)
    found[_matches(cells, f"^(?:{WHOLE})$")] = Kind.WHOLE
    found[np.asarray(pc.equal(cells, ""))] = Kind.EMPTY
    for index in np.flatnonzero((found != Kind.TEXT) & _matches(cells, _BIG)):
        found[index] = kind_of(cells[int(index)].as_py())
    return found


def kind_of_column(cells: pa.Array) -> Kind:
    """The largest kind of cells in a column of text, where null is an empty cell; the largest of `kinds`."""
    return column_of_numbers(cells)[0]


def column_of_numbers(cells: pa.Array) -> tuple[Kind, pa.Array]:
    """The largest kind of cells in a column of text, where null is an empty cell, and the numbers if it is not text.

    Most columns take a tenth of the time of `kinds`: Arrow accepts at least the numbers of the grammar, and what else
    it accepts has other characters or is large.
    """
    if cells.null_count == len(cells):
        return Kind.EMPTY, pa.nulls(len(cells))
    most = _CHARACTERS[_characters(cells)].max(initial=0)
    if most == _OTHER:
        return Kind.TEXT, cells
    try:
        if most == _WHOLE_NUMBER:
            return Kind.WHOLE, cells.cast(pa.int64())
        values = cells.cast(pa.float64())
    except pa.ArrowInvalid:
        kind = _largest_kind(cells.drop_null())
        return kind, cells if kind == Kind.TEXT else numbers(cells, kind)
    large = pc.greater_equal(pc.abs(values), 2.0**63)  # a whole number, or one beyond float32, may be text
    if pc.any(large).as_py() and _largest_kind(cells.filter(large)) == Kind.TEXT:
        return Kind.TEXT, cells
    return Kind.FRACTION, values


def _largest_kind(cells: pa.Array) -> Kind:
    return Kind(kinds(cells).max(initial=Kind.EMPTY))


def _characters(cells: pa.Array) -> np.ndarray:
    """The bytes of all cells, as uint8."""
    _, offsets, data = cells.buffers()
    first, last = np.frombuffer(offsets, np.int32)[[cells.offset, cells.offset + len(cells)]]
    return np.frombuffer(data or b"", np.uint8)[first:last]


def numbers(cells: pa.Array, kind: Kind) -> pa.Array:
    """Converts numbers in text.

    Args:
        cells: Numbers of at most this kind.
        kind: `Kind.WHOLE` for int64, `Kind.FRACTION` for float64.
    """
    type_ = pa.int64() if kind == Kind.WHOLE else pa.float64()
    try:
        return cells.cast(type_)
    except pa.ArrowInvalid:  # a plus sign, which Arrow does not read in whole numbers
        return pc.replace_substring_regex(cells, r"^\+", "").cast(type_)


def merged(numbers: pa.Array) -> np.ndarray:
    """The numbers that may become the same float32 as another one, as float64.

    That is all but one for each float32: the one in its shortest decimal form, such as 0.1.
    """
    exact = np.unique(numbers.to_numpy(zero_copy_only=False)).astype(np.float64)
    with np.errstate(over="ignore"):
        exact = exact[np.isfinite(exact.astype(np.float32))]
    shortest = pa.array(exact.astype(np.float32)).cast(pa.string()).cast(pa.float64())
    is_rounded = pa.types.is_integer(numbers.type) & (np.abs(exact) > 2.0**53)  # as float64 already
    return exact[(np.asarray(shortest) != exact) | is_rounded]


def _matches(cells: pa.Array, pattern: str) -> np.ndarray:
    return np.asarray(pc.match_substring_regex(cells, pattern))
