"""Which terms a row has: the words of a text by TF-IDF, the values of a list as zeros and ones."""

import operator
from collections.abc import Callable, Sequence
from typing import NamedTuple

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
import tensorflow_transform as tft

from components.transform.analyzers.vocabularies import PREFIX, counted, most_frequent

_PARTS = 64
"""Weights are whole multiples of 1/64, so that the squares of those of a row add up exactly, in any order."""

_MOST_TIMES = 255
"""A term that a row has more often counts as if it had it so often."""


def tf_idf(columns: Sequence[tf.RaggedTensor], top_k: int, name: str = "tf_idf") -> list[tf.Tensor]:
    """Returns how much each term says about each row.

    A weight is `(1 + ln(times)) * (1 + ln((1 + rows) / (1 + rows with the term)))`, divided by the Euclidean norm of
    the row, as scikit-learn's `TfidfVectorizer` has it with `sublinear_tf` and `min_df=2`. Terms are the most frequent
    ones by the number of rows that have them; a row without any has zeros.

    Args:
        columns: The terms of each row, by column.
        top_k: Largest number of terms per column.
        name: Name of the analysis; another one for each call.

    Returns:
        One float32 tensor of shape (batch, terms) per column.
    """
    kept = _analyse(columns, top_k, 2, _inverse_frequencies, name)
    rows, _, places = _placed(columns, kept)
    total, known = sum(kept.widths), places >= 0
    cells, _, times = tf.unique_with_counts(tf.boolean_mask(rows * total + places, known), tf.int64)
    dampings = _rounded(1 + np.log(np.maximum(1, np.arange(_MOST_TIMES + 1))))
    weights = tf.gather(kept.weights, cells % total) * tf.gather(dampings, tf.minimum(times, _MOST_TIMES))
    owners = tf.gather(np.repeat(np.arange(len(columns)), kept.widths), cells % total)
    of_row, norms = cells // total * len(columns) + owners, columns[0].nrows() * len(columns)
    lengths = tf.sqrt(tf.math.unsorted_segment_sum(tf.square(weights), of_row, norms))
    return _dense(cells, tf.cast(weights / tf.gather(lengths, of_row), tf.float32), columns, kept)


def multi_hot(columns: Sequence[tf.RaggedTensor], top_k: int, name: str = "multi_hot") -> list[tf.Tensor]:
    """Returns which values each row has: 1 for those that it has, 0 for others.

    Args:
        columns: The values of each row, by column.
        top_k: Largest number of values per column: the most frequent ones by the number of rows that have them.
        name: Name of the analysis; another one for each call.

    Returns:
        One float32 tensor of shape (batch, values + 1) per column, whose last column stands for all other values.
    """
    kept = _analyse(columns, top_k, 1, _alike, name)
    rows, owners, places = _placed(columns, kept)
    others = np.cumsum(kept.widths) - 1
    places = tf.where(places < 0, tf.gather(others, owners), places)
    cells, _ = tf.unique(rows * sum(kept.widths) + places)
    return _dense(cells, tf.ones_like(cells, tf.float32), columns, kept)


class _Kept(NamedTuple):
    """The terms that have a place in the result.

    Attributes:
        table: Place of each term, which begins with the number of its column; -1 for other terms.
        weights: Weight of each place.
        widths: Places of each column, which has one more than terms.
    """

    table: tf.lookup.StaticHashTable
    weights: tf.Tensor
    widths: list[int]


def _analyse(
    columns: Sequence[tf.RaggedTensor],
    top_k: int,
    least: int,
    weigh: Callable[[np.ndarray, int], np.ndarray],
    name: str,
) -> _Kept:
    """Counts the rows that have each term.

    Args:
        columns: The terms of each row, by column.
        top_k: Largest number of terms per column.
        least: Rows that must have a term.
        weigh: The weights of terms, from the number of rows that have each of them, and that of all rows.
        name: Name of the analysis.
    """
    rows, words = _rows(columns), _words(columns)
    distinct, places = tf.unique(words, tf.int64)
    count = tf.size(distinct, tf.int64)
    pairs, _ = tf.unique(rows * count + places)
    frequencies = tf.math.unsorted_segment_sum(tf.ones_like(pairs), pairs % count, count)
    # The number of rows is that of an empty text.
    words, weights, sizes = tft.experimental.ptransform_analyzer(
        [tf.concat([distinct, [""]], axis=0), tf.concat([frequencies, [columns[0].nrows()]], axis=0)],
        _Terms(len(columns), top_k, least, weigh),
        [tf.string, tf.float64, tf.int64],
        [[None], [None], [len(columns)]],
        name=name,
    )
    # Known when the graph is traced for the last time, so that inputs are as wide as they must be; before, any will do.
    known = tf.get_static_value(sizes)
    sizes = np.full(len(columns), top_k) if known is None else known
    keys = [""] if known is None else ["", *words.numpy().tolist()]
    starts = np.cumsum(sizes + 1) - sizes - 1
    places = [start + place for start, size in zip(starts, sizes, strict=True) for place in range(size)]
    values = [-1, *(places if known is not None else [])]
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant(keys), tf.constant(values, tf.int64)), -1
    )
    return _Kept(table, weights, (sizes + 1).tolist())


def _words(columns: Sequence[tf.RaggedTensor]) -> tf.Tensor:
    """The terms of all rows and columns, each after the number of its column."""
    return tf.concat(
        [f"{number:0{PREFIX}}" + each.flat_values for number, each in enumerate(columns)], axis=0
    )


def _rows(columns: Sequence[tf.RaggedTensor]) -> tf.Tensor:
    return tf.concat([column.value_rowids() for column in columns], axis=0)


def _placed(columns: Sequence[tf.RaggedTensor], kept: _Kept) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Row, column and place of each term."""
    owners = tf.repeat(tf.range(len(columns)), tf.stack([tf.size(column.flat_values) for column in columns]))
    return _rows(columns), owners, kept.table.lookup(_words(columns))


def _dense(
    cells: tf.Tensor, values: tf.Tensor, columns: Sequence[tf.RaggedTensor], kept: _Kept
) -> list[tf.Tensor]:
    """Tensors with these values at different places of rows, and zeros elsewhere."""
    total = sum(kept.widths)
    flat = tf.scatter_nd(cells[:, tf.newaxis], values, [columns[0].nrows() * total])
    return tf.split(tf.reshape(flat, [-1, total]), kept.widths, axis=1)


def _rounded(weights: np.ndarray) -> np.ndarray:
    return np.round(_PARTS * weights) / _PARTS


def _inverse_frequencies(frequencies: np.ndarray, rows: int) -> np.ndarray:
    return _rounded(1 + np.log((1 + rows) / (1 + frequencies)))


def _alike(frequencies: np.ndarray, _rows: int) -> np.ndarray:
    return np.ones_like(frequencies)


class _Terms(beam.PTransform):
    """Batches of distinct terms and the rows that have them to the terms kept, their weights, and their numbers."""

    def __init__(
        self, columns: int, top_k: int, least: int, weigh: Callable[[np.ndarray, int], np.ndarray]
    ) -> None:
        super().__init__()
        self._columns, self._top_k, self._least, self._weigh = columns, top_k, least, weigh

    def expand(self, batches: beam.PCollection) -> tuple[beam.PCollection, ...]:
        kept = batches | counted() | beam.Map(self._choose)
        parts = enumerate(("Words", "Weights", "Sizes"))
        return tuple(kept | name >> beam.Map(operator.itemgetter(place)) for place, name in parts)

    def _choose(self, table: pa.Table) -> tuple[list[bytes], np.ndarray, np.ndarray]:
        rows = pc.sum(table.filter(pc.equal(table["values"], b""))["counts"]).as_py()
        terms = table.filter(pc.greater_equal(table["counts"], self._least))
        chosen = most_frequent(terms, self._columns, self._top_k)
        words = [word for column in chosen for word in column]
        places = pc.index_in(pa.array(words, pa.large_binary()), table["values"])
        weights = self._weigh(np.asarray(table["counts"].take(places), np.float64), rows)
        ends = np.cumsum([len(column) for column in chosen])
        return words, np.insert(weights, ends, 0.0), np.array([len(column) for column in chosen])
