"""Hashes rows by their values, so that a row has the same hash in whatever file, format, block or order it comes."""

import numpy as np
import pandas.util
import pyarrow as pa
from pyarrow import types

from components.formats.columns import flatten

_STEP = np.uint64(0x9E3779B97F4A7C15)
"""Distance between the positions of a list; odd, as in the SplitMix64 generator."""


def hash_rows(rows: pa.RecordBatch) -> np.ndarray:
    """Returns one hash per row, as uint64 of shape (rows,).

    A row is the set of its features, each a name and a list of values. Features without values do not count, neither
    does the order of the columns, nor whether a number is stored as int64 or float32.

    Args:
        rows: Columns of int64, floats, text or bytes, or of lists of them; null is a missing value.
    """
    total = np.zeros(rows.num_rows, np.uint64)
    for name, column in zip(rows.schema.names, rows.columns, strict=True):
        if not types.is_null(column.type):
            total += _hash_column(name, column)
    return _hash(total)


def _hash_column(name: str, column: pa.Array) -> np.ndarray:
    values, counts = flatten(column)
    keys = _keys(values) + _hash(np.array([name], object))[0]
    starts = np.cumsum(counts) - counts
    if counts.max(initial=0) > 1:
        keys += (np.arange(len(keys)) - np.repeat(starts, counts)).astype(np.uint64) * _STEP
    sums = np.concatenate([[np.uint64(0)], np.cumsum(_hash(keys))])
    return sums[starts + counts] - sums[starts]  # of each row's values, modulo 2**64


def _keys(values: pa.Array) -> np.ndarray:
    """A number for each value, as uint64: the same for the same value, whatever its type."""
    if types.is_integer(values.type):
        return values.to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64)
    if types.is_floating(values.type):
        floats = values.to_numpy(zero_copy_only=False).astype(np.float64)
        is_whole = (np.floor(floats) == floats) & (np.abs(floats) < 2.0**63)
        whole = np.where(is_whole, floats, 0).astype(np.int64)
        return np.where(is_whole, whole, floats.view(np.int64)).view(np.uint64)
    encoded = values.dictionary_encode()
    words = encoded.dictionary.to_numpy(zero_copy_only=False)
    return _hash(words)[encoded.indices.to_numpy()]


def _hash(values: np.ndarray) -> np.ndarray:
    """Hashes of numbers, text or bytes, as uint64."""
    hashes = pandas.util.hash_array(values, categorize=False)  # pyright: ignore[reportCallIssue]
    return np.asarray(hashes, np.uint64)
