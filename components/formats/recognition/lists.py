"""Learns whether the cells of a column are lists."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEPARATORS = "|;,"
"""What may separate the values of a list."""

_MOST_VALUES = {"|": 1000, ";": 1000, ",": 200}
"""Different values in lists, at most; sentences have commas, too."""

_LEAST_SHARE = 0.1
"""Share of cells with several values, at least."""

_USES = 3
"""How often a value occurs, on average, at least."""


class Lists:
    """Whether the cells so far may be lists with one separator."""

    def __init__(self, separator: str) -> None:
        self.separator = separator
        self.is_possible = True
        self._values: set[str] = set()
        self._lists = self._uses = self._cells = 0
        self._sizes: set[int] = set()

    def add(self, cells: pa.Array, counts: np.ndarray) -> None:
        """Takes more cells into account.

        Args:
            cells: Different text without null.
            counts: How often each occurs.
        """
        parts = pc.split_pattern(cells, self.separator)
        values = pc.unique(pc.utf8_trim_whitespace(parts.flatten()))
        if len(values) > _MOST_VALUES[self.separator]:
            self.is_possible = False
            return
        self._values.update(values.to_pylist())
        self.is_possible = len(self._values) <= _MOST_VALUES[self.separator]
        sizes = pc.list_value_length(parts).to_numpy()
        self._cells += int(counts.sum())
        self._lists += int(counts[sizes > 1].sum())
        self._uses += int((sizes * counts).sum())
        self._sizes.update(np.unique(sizes).tolist())

    def is_list(self, distinct: int) -> bool:
        """Whether the cells are lists: few values in many combinations, of different lengths.

        Args:
            distinct: Number of different cells.
        """
        return (
            self.is_possible
            and self._lists >= _LEAST_SHARE * self._cells
            and self._lists > 0
            and len(self._sizes) > 1
            and distinct > len(self._values)
            and self._uses >= _USES * len(self._values)
        )
