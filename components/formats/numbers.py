"""What counts as a number where data is text: one grammar for inspection, training and prediction.

A number is written in the digits 0 to 9, with an optional sign, point and exponent. It must be finite as the type that
examples store: int64, or float32 if there is a point or an exponent. Everything else is text and stays as it is
written; that includes whole numbers of more than 64 bits, which are identifiers more often than quantities.
"""

import enum
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reactive_schedules.numerals import DECIMAL, NUMBER

WHOLE = "[+-]?[0-9]+"
"""Regular expression of a whole number, for Python and for Arrow."""

_BIG = r"[0-9]{19}|[eE]\+?[0-9]{2}"
"""Numbers that may be too large for their type; without a match, they are below 10**28."""

_WHOLE = re.compile(WHOLE)
_LARGEST = float(np.finfo(np.float32).max)


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


def kinds_of_columns(columns: Sequence[pa.Array]) -> np.ndarray:
    """The kind of every cell of columns of the same length, as int8 of shape (columns, rows)."""
    # At once, because a call of Arrow costs more than a cell, and some tables have thousands of columns.
    return kinds(pa.concat_arrays(columns)).reshape(len(columns), -1)


def numbers(cells: pa.Array, kind: Kind) -> pa.Array:
    """Converts numbers in text.

    Args:
        cells: Numbers of at most this kind, without nulls.
        kind: `Kind.WHOLE` for int64, `Kind.FRACTION` for float64.
    """
    unsigned = pc.replace_substring_regex(cells, r"^\+", "")  # which Arrow does not read
    return unsigned.cast(pa.int64() if kind == Kind.WHOLE else pa.float64())


def _matches(cells: pa.Array, pattern: str) -> np.ndarray:
    return np.asarray(pc.match_substring_regex(cells, pattern))
