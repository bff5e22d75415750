"""How often values occur, in Arrow tables, which take a fraction of the memory of Python objects."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas.util
import pyarrow as pa

_SCHEMA = pa.schema([("values", pa.large_binary()), ("counts", pa.int64())])


class Counts:
    """Counts of byte strings, added up from parts: exact, whatever the order of the parts.

    Args:
        limit: Rows of parts that may wait before they are added up.
        group_bytes: Bytes of values that are added up at once, about. Arrow cannot group 2 GiB of them.
    """

    def __init__(self, limit: int = 2**18, group_bytes: int = 2**29) -> None:
        self._limit, self._group_bytes = limit, group_bytes
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
            groups = 1 + sum(part.nbytes for part in self._parts) // self._group_bytes
            sums = [_sum(parts) for parts in _apart(self._parts, groups)]
            self._parts = [pa.concat_tables(sums).combine_chunks()]
        return self._parts[0]

    def _extend(self, parts: Sequence[pa.Table]) -> None:
        self._parts += parts
        rows = [part.num_rows for part in self._parts]
        # Whenever the sum may have doubled, which keeps memory and time in proportion.
        if sum(rows[1:]) > max([self._limit, *rows[:1]]):
            self.table()


def _apart(tables: Sequence[pa.Table], groups: int) -> Iterator[list[pa.Table]]:
    """Yields tables in groups, such that equal values are in the same group."""
    if groups == 1:
        yield list(tables)
        return
    owners = [_hashes(table["values"]) % np.uint64(groups) for table in tables]
    for group in range(groups):
        yield [table.filter(pa.array(owner == group)) for table, owner in zip(tables, owners, strict=True)]


def _hashes(values: pa.ChunkedArray) -> np.ndarray:
    objects = values.to_numpy()
    return np.asarray(pandas.util.hash_array(objects, categorize=False))  # pyright: ignore[reportCallIssue]


def _sum(tables: Sequence[pa.Table]) -> pa.Table:
    grouped = pa.concat_tables(tables).group_by("values", use_threads=False)
    summed = grouped.aggregate([("counts", "sum")]).rename_columns({"counts_sum": "counts"})
    return summed.select(_SCHEMA.names)
