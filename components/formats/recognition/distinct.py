"""Counts different values in constant time per value and eight bytes per different value."""

import numpy as np
import pyarrow as pa

_COMPARED = 4096
"""Texts are compared by so many bytes, and by their length."""

_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_MASKS = np.array([2 ** (8 * size) - 1 for size in range(9)], np.uint64)
"""The bytes of a word of eight that belong to a text, by their number."""


class Distinct:
    """The number of different values, each given as a uint64 of its own."""

    def __init__(self, most: int | None = None) -> None:
        """Takes the number up to which to count; there may be somewhat more."""
        self._most = most
        self._kept = np.empty(0, np.uint64)
        self._parts: list[np.ndarray] = []
        self._held = 0

    def add(self, values: np.ndarray) -> None:
        """Takes more values into account; few of them should be equal."""
        if self.is_full:
            return
        self._parts.append(values)
        self._held += len(values)
        if self._held > len(self._kept) + 2**12:  # so that a value is sorted few times
            self._merge()

    @property
    def is_full(self) -> bool:
        """Whether there are so many that the others do not count."""
        return self._most is not None and len(self._kept) > self._most

    @property
    def count(self) -> int:
        """Number of different values."""
        self._merge()
        return len(self._kept)

    def _merge(self) -> None:
        merged = np.sort(
            np.concatenate([self._kept, *self._parts])
        )  # `np.unique` takes several times as long
        self._kept = merged[np.flatnonzero(np.append(True, merged[1:] != merged[:-1])[: len(merged)])]
        self._parts, self._held = [], 0


def hash_texts(cells: pa.StringArray) -> np.ndarray:
    """Returns a hash of each text, as uint64; null is not allowed."""
    _, ends, data = cells.buffers()
    ends = np.frombuffer(ends, np.int32)[cells.offset : cells.offset + len(cells) + 1].astype(np.int64)
    text = np.concatenate([np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]], np.zeros(8, np.uint8)])
    # The eight bytes from each byte on, as one number.
    words = np.ndarray(len(text) - 7, "<u8", text, strides=(1,))
    at, left = ends[:-1] - ends[0], np.minimum(np.diff(ends), _COMPARED)
    hashes = _mix(np.diff(ends).astype(np.uint64))
    rows = np.arange(len(cells))
    while len(rows):
        hashes[rows] = _mix(hashes[rows] ^ (words[at] & _MASKS[np.minimum(left, 8)]))
        more = left > 8
        rows, at, left = rows[more], at[more] + 8, left[more] - 8
    return hashes


def _mix(values: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection that spreads each bit over all."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * _MULTIPLIERS[0]
    values = (values ^ (values >> np.uint64(27))) * _MULTIPLIERS[1]
    return values ^ (values >> np.uint64(31))
