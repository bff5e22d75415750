"""Learns a column of numbers, block by block."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.formats.cells import dates
from components.formats.cells.numbers import Kind, column_of_numbers
from components.formats.recognition.distinct import Distinct
from components.formats.recognition.profile import MOST_EXAMPLES, MOST_LEVELS, Profile

_COMPACT = "%Y%m%d"
_DAYS = (1900_01_01, 2100_12_31)
"""Dates written as whole numbers: from 1900 to 2100."""


class Quantities:
    """A column that has had only plain numbers so far.

    Attributes:
        rows: Number of cells.
        filled: Number of cells that are not empty.
    """

    def __init__(self) -> None:
        self._kind = Kind.EMPTY
        self.rows = self.filled = 0
        self._low, self._high = np.inf, -np.inf
        self._levels = Distinct(MOST_LEVELS)
        self._ids: Distinct | None = Distinct()
        self._width: int | None = None
        self._has_width, self._has_zeros, self._has_days = True, False, True
        self._examples: list[str] = []

    def add_cells(self, cells: pa.Array) -> bool:
        """Takes more cells into account, where null is an empty cell; False if they are text."""
        kind, values = column_of_numbers(cells)
        if kind == Kind.TEXT:
            return False
        self._add_width(cells)
        self.add_values(kind, values, cells)
        return True

    def add_values(self, kind: Kind, values: pa.Array, cells: pa.Array | None = None) -> None:
        """Takes more values into account, where null is a missing one.

        Args:
            kind: Kind of the values; `Kind.EMPTY` if all are missing.
            values: Whole numbers or fractions, which may be infinite or NaN.
            cells: How they are written, if they come from text.
        """
        self.rows += len(values)
        self.filled += len(values) - values.null_count
        self._kind = max(self._kind, kind)
        if kind == Kind.EMPTY:
            return
        low, high = pc.min_max(values).as_py().values()
        self._low, self._high = min(self._low, low), max(self._high, high)
        if self._has_days:
            within = self._kind == Kind.WHOLE and _DAYS[0] <= self._low and self._high <= _DAYS[1]
            written = values.cast(pa.string()) if within and cells is None else cells
            self._has_days = within and bool(dates.matching(written, (_COMPACT,)))
        if self._ids is None and self._levels.is_full:
            return
        distinct = pc.unique(values.drop_null())
        filled = distinct.to_numpy(zero_copy_only=False)
        if len(self._examples) < MOST_EXAMPLES:
            more = map(str, filled[:MOST_EXAMPLES].tolist())
            self._examples = [*dict.fromkeys([*self._examples, *more])][:MOST_EXAMPLES]
        self._levels.add(filled.astype(np.float64).view(np.uint64))
        if self._ids is not None:
            is_repeated = len(distinct) < len(values) - values.null_count
            self._ids = None if kind == Kind.FRACTION or is_repeated else self._ids
        if self._ids is not None:
            self._ids.add(filled.astype(np.int64).view(np.uint64))

    def profile(self) -> Profile:
        """Returns what is known."""
        is_unique = self._ids is not None and self._ids.count == self.rows
        return Profile(
            self._kind,
            self.rows,
            self.filled,
            self._levels.count,
            tuple(self._examples),
            None if self._kind == Kind.EMPTY else float(self._low),
            None if self._kind == Kind.EMPTY else float(self._high),
            is_unique,
            self._has_width and self._has_zeros and self._kind == Kind.WHOLE and self._low >= 0,
            dates=(_COMPACT,) if self._has_days and self.filled else (),
        )

    def _add_width(self, cells: pa.Array) -> None:
        if not self._has_width or cells.null_count == len(cells):
            return
        widths = pc.min_max(pc.binary_length(cells)).as_py()
        self._width = self._width or widths["min"]
        self._has_width = widths["min"] == widths["max"] == self._width > 1
        if self._has_width and not self._has_zeros:
            self._has_zeros = bool(pc.any(pc.starts_with(cells, "0")).as_py())
