"""Rules that decide which split a row belongs to."""

import abc
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyarrow import types

from components.errors import EQUAL_ROWS, UserError, few, one_of
from components.example_gen.cells import Cells
from components.example_gen.hashing import hash_rows
from components.formats.columns import flatten
from components.formats.split_names import SYNONYMS, split_of


class Rule(abc.ABC):
    """Decides which split a row belongs to, by the row and, if it is `ranked`, by what all rows are like.

    Attributes:
        ranked: Whether `counts` and `cuts` are needed.
        own: Whether the user decided on each row, so that equal rows may be in several splits.
        marks: Columns that say where a row belongs, and nothing else about it.
    """

    ranked = False
    own = False
    marks: tuple[str, ...] = ()

    @abc.abstractmethod
    def of(
        self, rows: pa.RecordBatch, hashes: np.ndarray, origin: int, cuts: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """Returns the index of the split of each row, of shape (rows,).

        Args:
            rows: Values of the features.
            hashes: Hash of each row.
            origin: Index of the input split that the rows come from.
            cuts: Result of `cuts`.

        Raises:
            UserError: A row does not say where it belongs.
        """

    @abc.abstractmethod
    def sizes(self, origins: Mapping[int, int]) -> list[float]:
        """Returns the expected size of each split, or what it is at most.

        Args:
            origins: Size of each input split.
        """

    def counts(self, rows: pa.RecordBatch, hashes: np.ndarray) -> Iterator[tuple[str, Cells]]:
        """Yields what must be known of all rows before the first can be decided on: cells by group."""
        yield from ()

    def merged(self, parts: Iterable[Cells]) -> Cells:
        """Returns the cells of a group."""
        return Cells.merge(parts)

    def cuts(self, found: Mapping[str, Cells]) -> dict[str, np.ndarray]:
        """Cuts the rows of each group.

        Args:
            found: Merged results of `counts`.

        Raises:
            UserError: The rows cannot be cut.
        """
        return {}

    def empty(self, split: str) -> str:
        """Why a split may be empty, and the remedy."""
        return EQUAL_ROWS


@dataclass(frozen=True)
class Hashed(Rule):
    """Splits by hash, in shares that may depend on the input split.

    Attributes:
        buckets: Relative size of each split, for each input split; a single entry is for all of them.
        feature: Feature whose value is hashed; all of them if empty.
        key: What named the feature, for messages.
        own: See `Rule`.
    """

    buckets: tuple[tuple[int, ...], ...]
    feature: str = ""
    key: str = "partition_feature_name"
    own: bool = False

    def of(
        self, rows: pa.RecordBatch, hashes: np.ndarray, origin: int, cuts: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """See `Rule`."""
        if self.feature:
            hashes = hash_rows(required(rows, self.feature, self.key))
        ends = np.cumsum(self._of(origin))
        return np.searchsorted(ends, (hashes % np.uint64(ends[-1])).astype(np.int64), side="right")

    def sizes(self, origins: Mapping[int, int]) -> list[float]:
        """See `Rule`."""
        shares = [
            np.multiply(size / sum(self._of(origin)), self._of(origin)) for origin, size in origins.items()
        ]
        return np.sum(shares, axis=0).tolist()

    def empty(self, split: str) -> str:
        """See `Rule`."""
        if self.own:
            return "its files need rows with a label"
        if self.feature:
            return f"there are too few values of {self.feature!r}; add some, or increase its share"
        return super().empty(split)

    def _of(self, origin: int) -> tuple[int, ...]:
        return self.buckets[min(origin, len(self.buckets) - 1)]


@dataclass(frozen=True)
class Named(Rule):
    """Splits by a column that names the split.

    Attributes:
        names: Names of the splits.
        column: The column.
    """

    names: tuple[str, ...]
    column: str
    own = True

    @property
    def marks(self) -> tuple[str, ...]:
        """See `Rule`."""
        return (self.column,)

    def of(
        self, rows: pa.RecordBatch, hashes: np.ndarray, origin: int, cuts: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """See `Rule`."""
        encoded = required(rows, self.column, "data.split.column")
        values, _ = flatten(encoded.column(0))
        encoded = values.dictionary_encode()
        words = texts(encoded.dictionary)
        if unknown := sorted(word for word in words if split_of(word) not in self.names):
            shown = few([repr(word) for word in unknown[:3]])
            known = one_of(name for name in SYNONYMS if name in self.names)
            raise UserError(f"data.split.column: {self.column!r} has {shown}; write {known}")
        return np.array([self.names.index(split_of(word)) for word in words], int)[encoded.indices]

    def sizes(self, origins: Mapping[int, int]) -> list[float]:
        """See `Rule`."""
        return [float(sum(origins.values()))] * len(self.names)  # unknown as yet

    def empty(self, split: str) -> str:
        """See `Rule`."""
        return f"mark some rows as {split!r} in the column {self.column!r}"


def required(rows: pa.RecordBatch, column: str, key: str) -> pa.RecordBatch:
    """Returns a column in which every row has one value.

    Raises:
        UserError: The column does not exist, or a row has none or several.
    """
    if column not in rows.schema.names:
        raise UserError(f"{key}: there is no feature {column!r}")
    chosen = rows.select([column])
    _, counts = flatten(chosen.column(0))
    if np.any(counts != 1):
        raise UserError(f"{key}: {column!r} must have one value in every row; fill in the empty ones")
    return chosen


def texts(values: pa.Array) -> list[str]:
    """Values as text."""
    if types.is_binary(values.type) or types.is_large_binary(values.type):
        return [value.decode(errors="backslashreplace") for value in values.to_pylist()]
    return [str(value) for value in values.to_pylist()]
