"""Text and lists inside a `preprocessing_fn`, as the terms of each row."""

from collections.abc import Sequence

import tensorflow as tf

from components.transform.raw_columns import RawColumn, as_text

_SIZES = (1, 2)
"""Numbers of words, one after the other, that are a term."""


_QUOTED = r"""^'(.*)'$|^"(.*)"$"""


def words(columns: Sequence[RawColumn]) -> list[tf.RaggedTensor]:
    """Returns the words of texts and all pairs of neighbours, in lower case and without punctuation.

    Characters of scripts that do not separate words count as words of their own. Several texts of a row are one.

    Args:
        columns: Texts, by column.
    """
    texts = tf.strings.lower(tf.strings.reduce_join(_joined(columns), axis=1, separator=" "), "utf-8")
    texts = tf.strings.regex_replace(texts, r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]", r" \0 ")
    texts = tf.strings.regex_replace(texts, r"[^\p{L}\p{M}\p{N}]+", " ")
    return _separated(tf.strings.ngrams(tf.strings.split(texts), _SIZES), len(columns))


def parts(columns: Sequence[RawColumn], separator: str) -> list[tf.RaggedTensor]:
    """Returns the parts of lists in cells, without the space around them; empty parts are left out.

    A list as Python writes it, in brackets and with its parts in quotes, is taken apart, too.

    Args:
        columns: Lists as text, or the parts themselves as several values per row, by column.
        separator: What stands between two parts; empty for several values per row.
    """
    lists = _joined(columns)
    if separator:
        cells = tf.strings.reduce_join(lists, axis=1, separator=separator)
        cells = tf.strings.regex_replace(tf.strings.strip(cells), r"^\[(.*)\]$", r"\1")
        lists = tf.strings.split(cells, separator)
    values = tf.strings.strip(lists.flat_values)
    lists = lists.with_flat_values(tf.strings.regex_replace(values, _QUOTED, r"\1\2"))
    return _separated(tf.ragged.boolean_mask(lists, lists != ""), len(columns))


def multi_hot(column: tf.RaggedTensor, values: Sequence[str]) -> tf.Tensor:
    """Returns which of the given values each row has: 1 for those that it has, 0 for others.

    Args:
        column: The values of each row.
        values: Values in the order of the result.

    Returns:
        A float32 tensor of shape (batch, values); -1 throughout for a row that has another value.
    """
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant(values), tf.range(len(values), dtype=tf.int64)), -1
    )
    places, rows, width = table.lookup(column.flat_values), column.value_rowids(), len(values)
    shape = tf.stack([column.nrows(), width])
    cells = tf.stack([rows, tf.maximum(places, 0)], axis=1)
    found = tf.tensor_scatter_nd_max(tf.zeros(shape), cells, tf.cast(places >= 0, tf.float32))
    unknown = tf.math.unsorted_segment_max(tf.cast(places < 0, tf.float32), rows, column.nrows())
    result = tf.where(unknown[:, tf.newaxis] > 0, -1.0, found)
    result.set_shape([None, width])
    return result


def _joined(columns: Sequence[RawColumn]) -> tf.RaggedTensor:
    """The values of each row as text, of one column after the other: each operation on text takes many more."""
    first = columns[0]
    rows = first.dense_shape[0] if isinstance(first, tf.SparseTensor) else tf.shape(first, tf.int64)[0]
    values, owners = [], []
    for place, column in enumerate(columns):
        if isinstance(column, tf.SparseTensor):
            values.append(as_text(column.values))
            owners.append(column.indices[:, 0] + place * rows)
        else:
            values.append(as_text(tf.reshape(column, [-1])))
            owners.append(tf.repeat(tf.range(rows) + place * rows, tf.shape(column)[1]))
    return tf.RaggedTensor.from_value_rowids(
        tf.concat(values, axis=0), tf.concat(owners, axis=0), nrows=len(columns) * rows, validate=False
    )


def _separated(joined: tf.RaggedTensor, columns: int) -> list[tf.RaggedTensor]:
    """The rows of each column, which are one column after the other."""
    rows = joined.nrows() // columns
    found = []
    for place in range(columns):
        splits = joined.row_splits[place * rows : (place + 1) * rows + 1]
        values = joined.flat_values[splits[0] : splits[-1]]
        found.append(tf.RaggedTensor.from_row_splits(values, splits - splits[0], validate=False))
    return found
