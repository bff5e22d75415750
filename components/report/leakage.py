"""How well each column alone predicts the label, from raw examples in columns."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.features import LabelFeature
from components.formats.columns import lists
from components.formats.labels import counted, labels

REPEATED = 8
"""Rows per different value, on average, from which numbers are taken for categories."""


def skills(rows: pa.RecordBatch, label: LabelFeature) -> dict[str, float]:
    """Measures each column with at most one value per row.

    The rows of one half say what to predict for the other: the most frequent class of the same value, or the mean; for
    numbers that rarely repeat, the label of the nearest. So the ids of rows, which repeat nothing, predict nothing. A
    missing value counts as a value.

    Args:
        rows: Raw examples, each column a list per row.
        label: Label of the data.

    Returns:
        By column, the share of the errors of the best constant prediction that its predictions avoid: 1 if they are all
        right, 0 if they are no better.
    """
    target = _label(rows.column(label.name), label)
    halves = np.arange(rows.num_rows) % 2 == 0
    found = {}
    for name, column in zip(rows.schema.names, rows.columns, strict=True):
        if name != label.name and _single(column):
            found[name] = _skill(_values(column), target, halves, bool(label.classes))
    return found


def class_counts(rows: pa.RecordBatch, label: LabelFeature) -> Mapping[str, int]:
    """The number of rows of each class, or that have each of several labels."""
    if label.is_multilabel:
        names, numbers = counted(*labels(rows.column(label.name), label.separator), np.ones(rows.num_rows))
        return dict(zip(map(str, names), numbers.tolist(), strict=True))
    counts = _values(rows.column(label.name)).value_counts()
    named = zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True)
    return {
        each.decode(errors="replace") if isinstance(each, bytes) else str(each): count
        for each, count in named
    }


def distinct(rows: pa.RecordBatch) -> dict[str, int]:
    """The number of different values of each column of whole numbers with at most one value per row."""
    return {
        name: pc.count_distinct(_values(column)).as_py()
        for name, column in zip(rows.schema.names, rows.columns, strict=True)
        if _single(column) and pa.types.is_integer(column.type.value_type)
    }


def _single(column: pa.Array) -> bool:
    is_lists = pa.types.is_list(column.type) or pa.types.is_large_list(column.type)  # else, all rows are gaps
    return is_lists and (pc.max(pc.list_value_length(column)).as_py() or 0) <= 1


def _values(column: pa.Array) -> pa.Array:
    """One value per row, null where there is none."""
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    places = pc.if_else(pc.greater(lengths, 0), pc.subtract(pc.cumulative_sum(lengths), 1), None)
    return column.flatten().take(places.cast(pa.int64()))


def _label(column: pa.Array, label: LabelFeature) -> np.ndarray:
    if label.is_multilabel:  # each combination is a class
        values, sizes = labels(column, label.separator)
        column = lists(values.cast(pa.string()), sizes)
        return pc.binary_join(column, label.joiner).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    values = _values(column)
    if label.task == "classification":
        return values.dictionary_encode("encode").indices.to_numpy(zero_copy_only=False)
    return _floats(values)


def _floats(values: pa.Array) -> np.ndarray:
    """Numbers as float64, which rounds those beyond 2**53; a gap is NaN."""
    return values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)


def _skill(values: pa.Array, target: np.ndarray, known: np.ndarray, classes: bool) -> float:
    """The share of the errors of a constant that are avoided; rows of `known` are learnt from, the others predicted."""
    encoded = values.dictionary_encode("encode")
    groups = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    answers = _by_group(groups, target, known, classes)
    if not pa.types.is_large_binary(values.type) and len(encoded.dictionary) * REPEATED > len(values):
        numbers = _floats(values)
        there = ~np.isnan(numbers)
        if np.any(there & known):
            answers[there] = _of_nearest(numbers[there & known], target[there & known], numbers[there])
    constant = _by_group(np.zeros_like(groups), target, known, classes)
    wrong, wrong_constant = (
        np.sum((each != target if classes else (each - target) ** 2)[~known]) for each in (answers, constant)
    )
    return float(max(0.0, 1 - wrong / wrong_constant)) if wrong_constant else 0.0


def _by_group(groups: np.ndarray, target: np.ndarray, known: np.ndarray, classes: bool) -> np.ndarray:
    """The most frequent class or the mean of each row's group; that of all rows for a group that is not known."""
    size = int(groups.max()) + 1
    if not classes:
        rows = np.bincount(groups[known], minlength=size)
        sums = np.bincount(groups[known], target[known], minlength=size)
        return np.where(rows > 0, sums / np.maximum(rows, 1), target[known].mean())[groups]
    count = int(target.max()) + 1
    pairs, repeats = np.unique(groups[known] * count + target[known], return_counts=True)
    order = np.argsort(repeats, kind="stable")
    answer = np.full(size, np.bincount(target[known]).argmax())
    answer[pairs[order] // count] = pairs[order] % count  # of several, the last and most frequent stays
    return answer[groups]


def _of_nearest(known: np.ndarray, target: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The target of the known number that is nearest to each that is asked for."""
    order = np.argsort(known, kind="stable")
    known, target = known[order], target[order]
    right = np.clip(np.searchsorted(known, asked), 1, max(1, len(known) - 1))
    left = np.minimum(right - 1, len(known) - 1)
    right = np.minimum(right, len(known) - 1)
    return target[np.where(asked - known[left] <= known[right] - asked, left, right)]
