"""Columns of tables as features: a row has a list of int64, float32 or bytes, empty where a value is missing.

CSV and Parquet share this, so that the same rows become the same examples.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from components.errors import few
from components.formats.cells.numbers import Kind

_VALUES = {
    Kind.EMPTY: pa.null(),
    Kind.WHOLE: pa.int64(),
    Kind.FRACTION: pa.float32(),
    Kind.TEXT: pa.large_binary(),
}


@dataclass(frozen=True)
class Column:
    """What a column holds over all files.

    Attributes:
        kind: The largest kind of its values.
        is_list: Whether a row may have several.
    """

    kind: Kind = Kind.EMPTY
    is_list: bool = False

    @property
    def type(self) -> pa.DataType:
        """Type of the column once all files have been seen; null marks a missing value."""
        values = _VALUES[self.kind]
        return pa.large_list(values) if self.is_list and self.kind != Kind.EMPTY else values


def merge(found: Iterable[Mapping[str, Column]]) -> dict[str, Column]:
    """Returns the columns of several parts of the data, by name in alphabetical order."""
    merged: dict[str, Column] = {}
    for columns in found:
        for name, column in columns.items():
            other = merged.get(name, Column())
            merged[name] = Column(max(column.kind, other.kind), column.is_list or other.is_list)
    return dict(sorted(merged.items()))


def schema(columns: Mapping[str, Column]) -> pa.Schema:
    """Returns the schema of rows with these columns."""
    return pa.schema([(name, column.type) for name, column in columns.items()])


def difference(columns: Iterable[str], others: Iterable[str]) -> str | None:
    """How the columns of a file differ from those of others, in whatever order; None if they are the same."""
    own, expected = dict.fromkeys(columns), dict.fromkeys(others)
    if missing := [name for name in expected if name not in own]:
        return f"it has no {missing[0]!r}"
    if added := [name for name in own if name not in expected]:
        return f"it also has {added[0]!r}"
    return None


def unusable_name(names: Sequence[str]) -> str | None:
    """Why a table with these columns cannot be used, and the remedy; None if it can."""
    if "" in names:
        return f"column {names.index('') + 1} has no name; name it, or remove it"
    if odd := [name for name in names if "\n" in name or "\r" in name]:
        return f"the column name {odd[0]!r} contains a line break; remove it"
    return duplicate(names)


def duplicate(names: Iterable[str]) -> str | None:
    """Which columns have the same name, and the remedy; None if all names differ."""
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    return (
        f"duplicate column {few([repr(each) for each in repeated])}; rename one of them" if repeated else None
    )


def index_of(names: Sequence[str]) -> list[str]:
    """The columns of a table that are the index of pandas."""
    return [
        name
        for place, name in enumerate(names)
        if is_index(name) and (name.startswith("__") or all(map(is_index, names[:place])))
    ]


def is_index(name: str) -> bool:
    """Whether a column at the start of a table has the name of an index that has none in pandas."""
    return re.fullmatch(r"|Unnamed: 0(\.\d+)*|__index_level_\d+__", name) is not None


def is_list(type_: pa.DataType) -> bool:
    """Whether a column of this type has lists."""
    return types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_)


def is_text(type_: pa.DataType) -> bool:
    """Whether a column of this type has text."""
    return types.is_string(type_) or types.is_large_string(type_)


def is_text_in_dictionary(type_: pa.DataType) -> bool:
    """Whether a column of this type has text, each different one stored once."""
    return types.is_dictionary(type_) and is_text(type_.value_type)


def flatten(column: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Returns the values of all rows without missing ones, and the number of values in each row.

    Lists in lists are flattened, too.
    """
    if not is_list(column.type):
        return column.drop_null(), np.asarray(column.is_valid()).astype(np.int64)
    counts = np.asarray(pc.fill_null(pc.list_value_length(column), 0)).astype(np.int64)
    values = column.flatten()
    if is_list(values.type):
        values, inner = flatten(values)
        ends, rows = _offsets(inner), _offsets(counts)
        counts = np.diff(ends[rows])
    return values, counts


def lists(values: pa.Array, counts: np.ndarray, missing: np.ndarray | None = None) -> pa.LargeListArray:
    """The inverse of `flatten`; rows for which `missing` is true have no list."""
    mask = pa.array(missing) if missing is not None and missing.any() else None
    return pa.LargeListArray.from_arrays(_offsets(counts), values, mask=mask)


def scalars(values: pa.Array, counts: np.ndarray) -> pa.Array:
    """Spreads values over rows, with null for rows without a value.

    Args:
        values: Values of all rows, in order.
        counts: Number of values in each row, 0 or 1.
    """
    return values.take(pa.array(np.cumsum(counts) - 1, mask=counts == 0))


def _offsets(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)])
