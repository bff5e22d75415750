"""Which rows belong to which slice of a column."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from components.errors import DataError
from reactive_schedules.printable import one_line

Value = str | int | float


@dataclasses.dataclass(frozen=True)
class Slices:
    """Which rows belong to which slice of a column; a row belongs to one for each of its values.

    Attributes:
        values: Values of the column, in any order.
        rows: Numbers of rows, counted from 0, of shape (pairs,).
        places: Place in `values` that each of these rows belongs to, of shape (pairs,).
    """

    values: list[Value]
    rows: np.ndarray
    places: np.ndarray

    def reordered(self, order: np.ndarray) -> "Slices":
        """The slices of rows that were put into another order."""
        now = np.empty(len(order), np.int32)
        now[order] = np.arange(len(order), dtype=np.int32)
        return Slices(self.values, now[self.rows], self.places)

    def each(self) -> Iterator[tuple[Value, np.ndarray]]:
        """Yields each value, in ascending order, and the rows that have it, also in ascending order."""
        order = np.lexsort((self.rows, self.places))
        counts = np.bincount(self.places, minlength=len(self.values))
        rows = np.split(self.rows[order], np.cumsum(counts))[:-1]  # what follows the last one is empty
        yield from sorted(zip(self.values, rows, strict=True), key=lambda pair: pair[0])


def slices_of(name: str, column: tf.SparseTensor) -> Slices:
    """The slices of a batch.

    Raises:
        DataError: A value is not text.
    """
    found, places = tf.unique(column.values)
    pairs = np.stack([column.indices[:, 0].numpy(), places.numpy()], axis=1, dtype=np.int32)
    if column.dense_shape[1] > 1:
        pairs = np.unique(pairs, axis=0)  # a row that has a value twice belongs to its slice once
    return Slices([_shown(name, value) for value in found.numpy().tolist()], pairs[:, 0], pairs[:, 1])


def _shown(name: str, value: bytes | int | float) -> Value:
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        raise DataError(
            f"evaluation.slices: column {name!r} has the value {one_line(ascii(value), 60)}, which is not UTF-8; "
            "store it as UTF-8, or do not slice by it"
        ) from None


def joined(parts: Sequence[Slices], starts: Sequence[int]) -> Slices:
    """Joins the slices of parts whose rows begin at `starts`."""
    known: dict[Value, int] = {}
    places = [
        np.array([known.setdefault(value, len(known)) for value in part.values], np.int32)[part.places]
        for part in parts
    ]
    rows = [part.rows + start for part, start in zip(parts, starts, strict=False)]
    return Slices(list(known), np.concatenate(rows), np.concatenate(places))
