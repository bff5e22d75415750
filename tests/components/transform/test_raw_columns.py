"""Columns side by side, whatever their types and gaps."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from components.transform.raw_columns import RawColumn, dense, side_by_side, width

ROWS = 3
KINDS = st.tuples(st.booleans(), st.sampled_from([tf.int64, tf.float32]), st.integers(1, 3))


def make(is_sparse: bool, dtype: tf.DType, size: int, start: int) -> tuple[RawColumn, np.ndarray]:
    """A column of numbers that differ from those of other columns, and what it becomes; -1 stands for gaps."""
    values = start + np.arange(ROWS * size, dtype=np.float64).reshape(ROWS, size)
    if not is_sparse:
        return tf.constant(values, dtype), values
    expected = values[:, :1].copy()
    expected[start % ROWS] = -1
    indices = [[row, 0] for row in range(ROWS) if row != start % ROWS]
    kept = tf.constant(expected[[row for row, _ in indices], 0], dtype)
    return tf.SparseTensor(indices, kept, [ROWS, 1]), expected


@settings(max_examples=60)
@given(st.lists(KINDS, min_size=1, max_size=6))
def test_columns_keep_their_order_and_their_values(kinds):
    made = [make(*kind, start=100 * place) for place, kind in enumerate(kinds)]
    columns = [column for column, _ in made]
    found = side_by_side(columns, lambda values: tf.cast(values, tf.float64), -1.0)
    np.testing.assert_array_equal(found, np.concatenate([expected for _, expected in made], axis=1))
    assert found.shape[1] == sum(map(width, columns))


def test_text_and_numbers_become_text():
    numbers, texts = tf.constant([[1], [2]], tf.int64), tf.SparseTensor([[1, 0]], ["b"], [2, 1])
    found = side_by_side(
        [texts, numbers], lambda each: each if each.dtype == tf.string else tf.strings.as_string(each), ""
    )
    assert found.numpy().tolist() == [[b"", b"1"], [b"b", b"2"]]


def test_a_batch_without_any_value_is_filled():
    empty = tf.SparseTensor(np.empty((0, 2), np.int64), np.empty(0, np.float32), [2, 0])
    assert side_by_side([empty, empty], tf.identity, 7.0).numpy().tolist() == [[7.0, 7.0], [7.0, 7.0]]
    assert dense(empty, 7.0).numpy().tolist() == [[7.0], [7.0]]


def test_several_values_in_a_column_with_gaps_are_an_error():
    several = tf.SparseTensor([[0, 0], [0, 1]], [1.0, 2.0], [2, 2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="several values in one column"):
        side_by_side([several], tf.identity, 0.0)
