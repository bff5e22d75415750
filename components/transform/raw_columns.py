"""Raw columns inside a `preprocessing_fn`: few operations for many columns."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

RawColumn = tf.Tensor | tf.SparseTensor
"""Raw values of shape (batch, n); sparse, with n = 1, where values may be missing."""


def dense(value: RawColumn, default: float | str) -> tf.Tensor:
    """Returns a column in dense form, with `default` for missing values."""
    if isinstance(value, tf.SparseTensor):
        default = tf.cast(default, value.dtype) if not isinstance(default, str) else default
        dense_shape = tf.stack([value.dense_shape[0], 1])
        value = tf.sparse.to_dense(tf.SparseTensor(value.indices, value.values, dense_shape), default)
        value.set_shape([None, 1])
    return value


def width(column: RawColumn) -> int:
    """Returns the number of values per row."""
    return 1 if isinstance(column, tf.SparseTensor) else int(column.shape[1])


def as_text(value: tf.Tensor) -> tf.Tensor:
    """Returns values as text; different numbers stay different."""
    if value.dtype == tf.string:
        return value
    # Nine digits distinguish any two float32 values.
    return tf.strings.as_string(
        value, **({"precision": 9, "shortest": True} if value.dtype.is_floating else {})
    )


def side_by_side(
    columns: Sequence[RawColumn], convert: Callable[[tf.Tensor], tf.Tensor], default: float | str
) -> tf.Tensor:
    """Returns columns as one dense tensor of shape (batch, total width).

    Args:
        columns: Columns of any types.
        convert: Brings values of each type to the type of the result.
        default: Stands for missing values.

    Raises:
        tf.errors.InvalidArgumentError: A row has several values in a column with missing values.
    """
    groups: dict[tuple[bool, tf.DType], list[int]] = {}
    for index, column in enumerate(columns):
        groups.setdefault((isinstance(column, tf.SparseTensor), column.dtype), []).append(index)
    parts = []
    for (is_sparse, _), indices in groups.items():
        group = [columns[index] for index in indices]
        parts.append(_filled(group, convert, default) if is_sparse else convert(tf.concat(group, axis=1)))
    # Positions in the order of the parts, brought back to the order of the columns.
    places = np.split(
        np.arange(sum(map(width, columns))), np.cumsum([width(column) for column in columns])[:-1]
    )
    order = np.concatenate([places[index] for indices in groups.values() for index in indices])
    together = parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)
    return (
        together if (order == np.arange(len(order))).all() else tf.gather(together, np.argsort(order), axis=1)
    )


def _filled(
    group: Sequence[tf.SparseTensor], convert: Callable[[tf.Tensor], tf.Tensor], default: float | str
) -> tf.Tensor:
    """Sparse columns of one type as a dense tensor; a single operation for all keeps graphs of wide tables small."""
    indices = tf.concat([column.indices for column in group], axis=0)
    single = tf.debugging.assert_less(
        indices[:, 1], tf.constant(1, tf.int64), "A row has several values in one column."
    )
    sizes = tf.concat(tf.shape_n([column.values for column in group]), axis=0)
    values = convert(tf.concat([column.values for column in group], axis=0))
    with tf.control_dependencies([single]):
        places = tf.stack([indices[:, 0], tf.repeat(tf.range(len(group), dtype=tf.int64), sizes)], axis=1)
    gaps = tf.fill([group[0].dense_shape[0], len(group)], tf.constant(default, values.dtype))
    result = tf.tensor_scatter_nd_update(gaps, places, values)
    result.set_shape([None, len(group)])
    return result
