"""Text and lists inside a `preprocessing_fn`, as the terms of each row."""

import tensorflow as tf

from components.transform.raw_columns import RawColumn, as_text

_SIZES = (1, 2)
"""Numbers of words, one after the other, that are a term."""


_QUOTED = r"""^'(.*)'$|^"(.*)"$"""


def words(column: RawColumn) -> tf.RaggedTensor:
    """Returns the words of a text and all pairs of neighbours, in lower case and without punctuation.

    Characters of scripts that do not separate words count as words of their own. Several texts of a row are one.

    Args:
        column: Texts.
    """
    texts = tf.strings.lower(tf.strings.reduce_join(_ragged(column), axis=1, separator=" "), "utf-8")
    texts = tf.strings.regex_replace(texts, r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]", r" \0 ")
    texts = tf.strings.regex_replace(texts, r"[^\p{L}\p{M}\p{N}]+", " ")
    return tf.strings.ngrams(tf.strings.split(texts), _SIZES)


def parts(column: RawColumn, separator: str) -> tf.RaggedTensor:
    """Returns the parts of a list in a cell, without the space around them; empty parts are left out.

    A list as Python writes it, in brackets and with its parts in quotes, is taken apart, too.

    Args:
        column: Lists as text, or the parts themselves as several values per row.
        separator: What stands between two parts; empty for several values per row.
    """
    lists = _ragged(column)
    if separator:
        cells = tf.strings.reduce_join(lists, axis=1, separator=separator)
        cells = tf.strings.regex_replace(tf.strings.strip(cells), r"^\[(.*)\]$", r"\1")
        lists = tf.strings.split(cells, separator)
    values = tf.strings.strip(lists.flat_values)
    lists = lists.with_flat_values(tf.strings.regex_replace(values, _QUOTED, r"\1\2"))
    return tf.ragged.boolean_mask(lists, lists != "")


def _ragged(column: RawColumn) -> tf.RaggedTensor:
    """The values of each row as text."""
    if isinstance(column, tf.SparseTensor):
        column = tf.RaggedTensor.from_sparse(column)
    else:
        column = tf.RaggedTensor.from_tensor(column)
    return column.with_flat_values(as_text(column.flat_values))
