"""How often each value of a column occurs, in bounded memory, to cut the rows in given shares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from pyarrow import types

MOST = 2**20
"""Cells of the whole data, at most: 16 MiB."""

_SIGN = np.uint64(1 << 63)


@dataclass(frozen=True)
class Cells:
    """Counts of 64-bit keys, in cells of 2**shift neighbouring keys.

    The shift is the smallest one with which there are not too many cells. So the cells of several parts of the data,
    merged in any order, are those of the whole. As long as there are few different keys, each is a cell of its own.

    Attributes:
        shift: Logarithm of the size of a cell.
        numbers: Keys shifted to the right, each once, in ascending order, as uint64.
        counts: Number of keys in each cell, as int64.
    """

    shift: int
    numbers: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, keys: np.ndarray, most: int = MOST) -> Self:
        """Counts keys.

        Args:
            keys: Any number of keys, as uint64.
            most: Number of cells, at most.
        """
        numbers, counts = np.unique(keys, return_counts=True)
        return cls(0, numbers, counts).within(most)

    @classmethod
    def merge(cls, parts: Iterable[Self], most: int = MOST) -> Self:
        """Returns the cells of several parts of the data."""
        parts = list(parts)
        shift = max((part.shift for part in parts), default=0)
        numbers = [part.numbers >> np.uint64(shift - part.shift) for part in parts]
        counts = [part.counts for part in parts]
        return cls._summed(shift, np.concatenate(numbers or [[]]), np.concatenate(counts or [[]])).within(
            most
        )

    @classmethod
    def _summed(cls, shift: int, numbers: np.ndarray, counts: np.ndarray) -> Self:
        order = np.argsort(numbers, kind="stable")
        numbers = numbers[order].astype(np.uint64)
        starts = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] + np.uint64(1)))
        return cls(shift, numbers[starts], np.add.reduceat(counts[order].astype(np.int64), starts))

    def within(self, most: int) -> Self:
        """Returns the same counts in at most this many cells."""
        found = self
        while len(found.numbers) > most:
            found = self._summed(found.shift + 1, found.numbers >> np.uint64(1), found.counts)
        return found

    @property
    def total(self) -> int:
        """Number of keys."""
        return int(self.counts.sum())

    def cuts(self, shares: Sequence[int]) -> np.ndarray | None:
        """Returns the first key of each part but the first, as uint64; None if there are fewer cells than parts.

        No part is empty. Apart from that, each cut is the one that comes nearest to the given shares.

        Args:
            shares: Relative size of each part, in the order of the keys.
        """
        if len(self.numbers) < len(shares):
            return None
        before = np.cumsum(self.counts) - self.counts  # keys before each cell
        places, at = [], 0
        for number, share in enumerate(np.cumsum(shares)[:-1], 1):
            # A cell for this part and one for each part that follows.
            candidates = np.arange(at + 1, len(before) - (len(shares) - 1 - number))
            target = share * self.total / sum(shares)
            at = int(candidates[np.argmin(np.abs(before[candidates] - target))])
            places.append(at)
        return self.numbers[places] << np.uint64(self.shift)


def ordered(values: pa.Array) -> np.ndarray:
    """Returns a key for each number, as uint64, in the order of the numbers.

    Args:
        values: Whole numbers, or else numbers with fractions, without nulls and NaN.
    """
    if types.is_integer(values.type):
        return values.to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64) ^ _SIGN
    floats = values.to_numpy(zero_copy_only=False).astype(np.float64) + 0.0  # no negative zero
    bits = floats.view(np.uint64)
    return np.where(bits >= _SIGN, ~bits, bits ^ _SIGN)
