"""Exact sums of numbers and of their squares: they depend on neither the order nor the grouping of the numbers."""

import dataclasses
from collections.abc import Iterator

import numpy as np

_BITS = 20
_ROWS = 2**13
"""The product of two pieces has at most twice as many bits, and float64 adds that many products exactly."""

_LANES = 64
"""Columns that a flat array is summed in."""

_SMALLEST = -1074
"""Exponent of the smallest float64; all others are multiples of it."""


@dataclasses.dataclass(frozen=True)
class Sums:
    """Exact sums over the finite values of columns; the others count as missing.

    Attributes:
        counts: Number of values, by column.
        sums: Their sum, in units of 2^-1074.
        squares: The sum of their squares, in units of 2^-2148.
    """

    counts: list[int]
    sums: list[int]
    squares: list[int]

    @classmethod
    def zero(cls, columns: int) -> "Sums":
        """Returns the sums over no values."""
        return cls(*([0] * columns for _ in range(3)))

    @classmethod
    def of(cls, values: np.ndarray) -> "Sums":
        """Returns the sums over the columns of an array of float64."""
        total = cls.zero(values.shape[1])
        for start in range(0, len(values), _ROWS):
            total += cls._of_block(values[start : start + _ROWS])
        return total

    @classmethod
    def over(cls, values: np.ndarray) -> "Sums":
        """Returns the sums over all elements of a flat array of numbers, as one column."""
        total = cls.zero(1)
        for start in range(0, len(values), _ROWS * _LANES):
            part = values[start : start + _ROWS * _LANES]
            lanes = np.full(-(-len(part) // _LANES) * _LANES, np.nan)  # NaN fills up the last row
            lanes[: len(part)] = part
            apart = cls.of(lanes.reshape(-1, _LANES))
            total += cls([sum(apart.counts)], [sum(apart.sums)], [sum(apart.squares)])
        return total

    @classmethod
    def _of_block(cls, values: np.ndarray) -> "Sums":
        there = np.isfinite(values)
        total = cls.zero(values.shape[1])
        total.counts[:] = there.sum(axis=0).tolist()
        pieces = list(_pieces(np.where(there, values, 0.0)))
        for index, (unit, piece) in enumerate(pieces):
            _add(total.sums, piece.sum(axis=0), unit - _SMALLEST)
            for other_unit, other in pieces[index:]:
                once = 0 if other is piece else 1
                products = np.einsum("rc,rc->c", piece, other)
                _add(total.squares, products, unit + other_unit - 2 * _SMALLEST + once)
        return total

    def __add__(self, other: "Sums") -> "Sums":
        """Returns the sums over the values of both."""
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Sums(*([a + b for a, b in zip(*pair, strict=True)] for pair in pairs))

    def means(self) -> np.ndarray:
        """Returns the mean of each column, correctly rounded; 0 without values."""
        return np.array(
            [_ratio(total, count << -_SMALLEST) for count, total in zip(self.counts, self.sums, strict=True)]
        )

    def variances(self) -> np.ndarray:
        """Returns the mean squared deviation from the mean of each column, correctly rounded; 0 without values."""
        return np.array(
            [
                _ratio(count * square - total * total, count * count << -2 * _SMALLEST)
                for count, total, square in zip(self.counts, self.sums, self.squares, strict=True)
            ]
        )


def _pieces(rest: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Splits float64 values into units (exponents, one per column) and multiples of them of at most 20 bits."""
    while (top := np.abs(rest).max(axis=0, initial=0.0)).any():
        unit = np.maximum(np.frexp(top)[1] - _BITS, _SMALLEST)
        piece = np.trunc(np.ldexp(rest, -unit))
        rest = rest - np.ldexp(piece, unit)
        yield unit, piece


def _add(totals: list[int], numbers: np.ndarray, exponents: np.ndarray) -> None:
    """Adds whole numbers times two to the power of `exponents`."""
    for index, (number, exponent) in enumerate(zip(numbers.tolist(), exponents.tolist(), strict=True)):
        totals[index] += int(number) << exponent


def _ratio(numerator: int, denominator: int) -> float:
    try:
        return numerator / denominator if denominator else 0.0  # Python rounds correctly
    except OverflowError:
        return np.inf
