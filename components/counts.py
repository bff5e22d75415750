"""How often values occur, in Arrow tables, which take a fraction of the memory of Python objects."""

from collections.abc import Sequence

import pyarrow as pa

_SCHEMA = pa.schema([("values", pa.large_binary()), ("counts", pa.int64())])


class Counts:
    """Counts of byte strings, added up from parts: exact, whatever the order of the parts.

    Args:
        limit: Rows of parts that may wait before they are added up.
    """

    def __init__(self, limit: int = 2**18) -> None:
        self._limit = limit
        self._parts: list[pa.Table] = []

    def add(self, values: pa.Array, counts: pa.Array) -> None:
        """Adds a part.

        Args:
            values: Different byte strings.
            counts: Number of each, int64.
        """
        self._extend([pa.table([values.cast(pa.large_binary()), counts], schema=_SCHEMA)])

    def merge(self, other: "Counts") -> None:
        """Adds other counts."""
        self._extend(other._parts)

    def table(self) -> pa.Table:
        """Adds everything up, and returns it: one row for each of the `values`, in any order, and its `counts`."""
        if not self._parts:
            return _SCHEMA.empty_table()
        if len(self._parts) > 1:
            grouped = pa.concat_tables(self._parts).group_by("values", use_threads=False)
            summed = grouped.aggregate([("counts", "sum")]).rename_columns({"counts_sum": "counts"})
            self._parts = [summed.select(_SCHEMA.names).combine_chunks()]
        return self._parts[0]

    def _extend(self, parts: Sequence[pa.Table]) -> None:
        self._parts += parts
        rows = [part.num_rows for part in self._parts]
        # Whenever the sum may have doubled, which keeps memory and time in proportion.
        if sum(rows[1:]) > max([self._limit, *rows[:1]]):
            self.table()
