"""Labels in the cells of a multi-label column, as `components.transform.words.parts` takes them apart."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from components.formats.columns import flatten, is_list

_ROWS = 2**13
"""Rows that are counted at a time."""

_QUOTED = r"""^'(.*)'$|^"(.*)"$"""


def labels(column: pa.Array, separator: str) -> tuple[pa.Array, np.ndarray]:
    """Returns the labels of all rows, and the number of labels in each row; null is a row without labels.

    Args:
        column: Text, or lists of text, bytes or whole numbers.
        separator: What separates labels in a text; empty for lists of labels.

    Raises:
        pa.ArrowInvalid: Bytes are not UTF-8 text.
    """
    if separator:
        if is_list(column.type):  # with a text in each
            column = pc.binary_join(column.cast(pa.list_(pa.string())), separator)
        cells = pc.ascii_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))
        column = pc.split_pattern(pc.replace_substring_regex(cells, r"^\[(.*)\]$", r"\1"), separator)
    values, counts = flatten(column)
    if types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if types.is_integer(values.type):
        return values, counts
    values = pc.ascii_trim_whitespace(values.cast(pa.string()))
    values = pc.replace_substring_regex(values, _QUOTED, r"\1\2")
    there = np.asarray(pc.not_equal(values, ""))
    owners = np.repeat(np.arange(len(counts)), counts)
    return values.filter(pa.array(there)), np.bincount(owners[there], minlength=len(counts))


def counted(values: pa.Array, counts: np.ndarray, weights: np.ndarray) -> tuple[list, np.ndarray]:
    """Counts labels; one that a row has twice counts once.

    Args:
        values, counts: What `labels` returns.
        weights: Weights of each row, of shape (rows,) or (rows, columns).

    Returns:
        Labels in ascending order, and the weight of the rows that have each, int64 of shape (labels,) or (labels,
        columns).
    """
    encoded = values.dictionary_encode()
    names, codes = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    ends, sums = np.concatenate([[0], np.cumsum(counts)]), np.zeros((len(names), *weights.shape[1:]))
    for first in range(0, len(counts), _ROWS):
        last = min(first + _ROWS, len(counts))
        has = np.zeros((last - first, len(names)), np.float32)
        has[np.repeat(np.arange(last - first), counts[first:last]), codes[ends[first] : ends[last]]] = 1
        sums += has.T @ weights[first:last]
    order = sorted(range(len(names)), key=names.__getitem__)
    return [names[place] for place in order], sums[order].round().astype(np.int64)
