"""Histograms whose bins follow the data; they depend on neither the order nor the grouping of the values."""

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np

Method = Literal["linear", "inverted_cdf"]


@dataclasses.dataclass(frozen=True)
class Histogram:
    """Values of one column in bins: one bin per distinct value, until there are too many.

    A bin holds the values whose binary representation is the same but for its last `shift` bits. That number is the
    smallest with which the bins of all values stay within a limit. A part of the values never needs a larger one, so
    that the parts lose nothing that the whole would have kept.

    Attributes:
        shift: Number of bits that do not count.
        keys: Leading bits of the values, as increasing integers.
        counts: Number of values in each bin.
        lows: Smallest value in each bin.
        highs: Largest value in each bin.
    """

    shift: int
    keys: np.ndarray
    counts: np.ndarray
    lows: np.ndarray
    highs: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> "Histogram":
        """Returns the histogram of the finite ones among flat float64 values, without a limit."""
        lows, counts = np.unique(values[np.isfinite(values)] + 0.0, return_counts=True)  # -0.0 becomes 0.0
        bits = lows.view(np.int64)
        return cls(0, bits ^ ((bits >> 63) & np.int64(2**63 - 1)), counts, lows, lows)

    @classmethod
    def merged(cls, parts: Sequence["Histogram"], limit: int) -> "Histogram":
        """Returns the histogram of the values of all parts.

        Args:
            parts: At least one.
            limit: Largest number of bins; at least 2, because the sign of values is never dropped.
        """
        shift = max(part.shift for part in parts)
        keys = np.concatenate([part.keys >> (shift - part.shift) for part in parts])
        order = np.argsort(keys, kind="stable")  # fast, because the parts are sorted
        keys = keys[order]
        more = 0
        while len(keys) and np.count_nonzero(np.diff(keys >> more)) >= limit:
            more += 1
        keys = keys >> more
        starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
        counts, lows, highs = (
            np.concatenate([getattr(part, name) for part in parts])[order]
            for name in ("counts", "lows", "highs")
        )
        if not len(keys):
            return cls(shift, keys, counts, lows, highs)
        return cls(
            shift + more,
            keys[starts],
            np.add.reduceat(counts, starts),
            np.minimum.reduceat(lows, starts),
            np.maximum.reduceat(highs, starts),
        )

    def quantiles(self, probabilities: Sequence[float], method: Method = "linear") -> np.ndarray:
        """Returns quantiles as `numpy.quantile` does, exact with one value per bin; 0 without values.

        The values of a bin are taken to be evenly spaced.

        Args:
            probabilities: From 0 to 1.
            method: As for `numpy.quantile`: "linear" interpolates between values, "inverted_cdf" does not.
        """
        if not len(self.keys):
            return np.zeros(len(probabilities))
        count = self.counts.sum()
        if method == "inverted_cdf":
            return self._at(np.maximum(0, np.ceil(np.asarray(probabilities) * count).astype(np.int64) - 1))
        ranks = np.asarray(probabilities) * (count - 1)
        below = self._at(np.floor(ranks).astype(np.int64))
        above = self._at(np.ceil(ranks).astype(np.int64))
        return below + (above - below) * (ranks - np.floor(ranks))

    def _at(self, ranks: np.ndarray) -> np.ndarray:
        """The values at ranks, counted from 0."""
        ends = np.cumsum(self.counts)
        bins = np.searchsorted(ends, ranks, side="right")
        place = ranks - (ends - self.counts)[bins]
        share = place / np.maximum(1, self.counts[bins] - 1)
        return self.lows[bins] + (self.highs[bins] - self.lows[bins]) * share
