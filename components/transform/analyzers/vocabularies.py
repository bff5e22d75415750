"""Vocabularies of many text columns, counted and looked up at once."""

from collections.abc import Iterable, Sequence

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform import schema_inference
from tensorflow_transform.beam.experimental import PTransformAnalyzer

from components.counts import Counts

_DUMMY = b"49d0cd50-04bb-48c0-bc6f-5b575dce351a"
"""What TensorFlow Transform writes as the only word of an empty vocabulary, which TensorFlow could not read."""

_PREFIX = 8
"""Length of the number of a column, in bytes, that a word begins with to tell columns apart."""


def compute_and_apply_vocabularies(
    x: tf.Tensor, widths: Sequence[int], top_k: int, name: str = "vocabularies"
) -> list[tf.Tensor]:
    """Returns the index of each text in the vocabulary of its column.

    The vocabularies are those of `tft.compute_and_apply_vocabulary(column, top_k=top_k, num_oov_buckets=1)`: the
    `top_k` most frequent texts, equally frequent ones in descending order; without empty texts and texts with line
    breaks. One analyser, one file and one table for all columns cost as much as they do there for one column.

    Args:
        x: Texts of shape (batch, total width).
        widths: Number of elements of each column, which are side by side in `x`.
        top_k: Largest size of a vocabulary.
        name: Name of the file among the assets of the graph; another one for each call.

    Returns:
        One int64 tensor of shape (batch, width) per column; the size of the vocabulary stands for other texts. The
        transformed schema has the range of indices.
    """
    owners = np.repeat(np.arange(len(widths)), widths)
    prefixes = tf.constant([f"{number:0{_PREFIX}}" for number in range(len(widths))])
    words = tf.gather(prefixes, owners) + x
    unique, _, counts = tf.unique_with_counts(tf.reshape(words, [-1]), tf.int64)
    (file,) = tft.experimental.ptransform_analyzer(
        [unique, counts], _Vocabularies(len(widths), top_k, name), [tf.string], [[]], [_DUMMY], name=name
    )
    tft.annotate_asset(name, name)
    # The words of a column end with an empty text.
    ends = tft.apply_vocabulary(prefixes, file)
    starts = tf.concat([[tf.constant(0, tf.int64)], ends[:-1] + 1], axis=0)
    lines = tft.apply_vocabulary(words, file)
    lines = tf.where(lines < 0, tf.gather(ends, owners), lines)
    columns = tf.split(lines - tf.gather(starts, owners), list(widths), axis=1)
    for number, column in enumerate(columns):
        size = ends[number] - starts[number]
        schema_inference.set_tensor_schema_override(column, tf.constant(0, tf.int64), size)
    return columns


class _Vocabularies(PTransformAnalyzer):
    """Batches of distinct words and their counts to the path of a file with the words of all columns."""

    def __init__(self, columns: int, top_k: int, name: str) -> None:
        super().__init__()
        self._columns, self._top_k, self._name = columns, top_k, name

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        words = batches | beam.CombineGlobally(_Count())
        return words | beam.Map(_write, self._columns, self._top_k, self.base_temp_dir, self._name)


class _Count(beam.CombineFn):
    def create_accumulator(self) -> Counts:
        return Counts()

    def add_input(self, mutable_accumulator: Counts, element: tuple[np.ndarray, np.ndarray]) -> Counts:
        words, counts = element
        mutable_accumulator.add(pa.array(words, pa.large_binary()), pa.array(counts, pa.int64()))
        return mutable_accumulator

    def merge_accumulators(self, accumulators: Iterable[Counts]) -> Counts:
        merged = Counts()
        for accumulator in accumulators:
            merged.merge(accumulator)
        return merged

    def compact(self, accumulator: Counts) -> Counts:
        accumulator.table()
        return accumulator

    def extract_output(self, accumulator: Counts) -> pa.Table:
        return accumulator.table()


def most_frequent(counted: pa.Table, columns: int, top_k: int) -> list[list[bytes]]:
    """Returns the most frequent words of each column, each beginning with the number of its column.

    Args:
        counted: Table of `Counts`, whose values are words that each begin with the number of their column.
        columns: Number of columns.
        top_k: Number of words to keep per column.
    """
    chosen: list[list[bytes]] = [[] for _ in range(columns)]
    # An empty text, or a text with a line break, cannot be a line of the file.
    usable = pc.and_(
        pc.greater(pc.binary_length(counted["values"]), _PREFIX),
        pc.invert(pc.match_substring_regex(counted["values"], "[\n\r]")),
    )
    ordered = counted.filter(usable).sort_by([("counts", "descending"), ("values", "descending")])
    owners = pc.binary_slice(ordered["values"], 0, _PREFIX)
    for owner in pc.unique(owners).to_pylist():
        chosen[int(owner)] = ordered["values"].filter(pc.equal(owners, owner))[:top_k].to_pylist()
    return [words or [b"%0*d%s" % (_PREFIX, owner, _DUMMY)] for owner, words in enumerate(chosen)]


def _write(counted: pa.Table, columns: int, top_k: int, folder: str, name: str) -> np.ndarray:
    file = f"{folder}/{name}"
    tf.io.gfile.makedirs(folder)
    with tf.io.gfile.GFile(file, "wb") as stream:
        for owner, words in enumerate(most_frequent(counted, columns, top_k)):
            stream.write(b"".join(word + b"\n" for word in [*words, b"%0*d" % (_PREFIX, owner)]))
    return np.array(file)
