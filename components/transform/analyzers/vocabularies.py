"""Vocabularies of many text columns, counted and looked up at once."""

import itertools
import operator
from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform import schema_inference
from tensorflow_transform.beam.experimental import PTransformAnalyzer

from components.counts import Counts
from components.transform import levels

_DUMMY = b"49d0cd50-04bb-48c0-bc6f-5b575dce351a"
"""What TensorFlow Transform writes as the only word of an empty vocabulary, which TensorFlow could not read."""

PREFIX = 8
"""Length of the number of a column, in bytes, that a word begins with to tell columns apart."""


def compute_and_apply_vocabularies(
    x: tf.Tensor,
    widths: Sequence[int],
    top_k: int,
    name: str = "vocabularies",
    *,
    gaps: bool = False,
    columns: Sequence[str] = (),
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
        gaps: Whether missing values, which are empty texts, have an index of their own, the last.
        columns: Names of the columns in what `components.transform.levels` reads about the vocabularies.

    Returns:
        One int64 tensor of shape (batch, width) per column; the size of the vocabulary stands for other texts. The
        transformed schema has the range of indices.
    """
    owners = np.repeat(np.arange(len(widths)), widths)
    prefixes = tf.constant([f"{number:0{PREFIX}}" for number in range(len(widths))])
    words = tf.gather(prefixes, owners) + x
    unique, _, counts = tf.unique_with_counts(tf.reshape(words, [-1]), tf.int64)
    names = list(columns) or [str(number) for number in range(len(widths))]
    file, _ = tft.experimental.ptransform_analyzer(
        [unique, counts],
        _Vocabularies(names, top_k, name),
        [tf.string, tf.string],
        [[], []],
        [_DUMMY, b"{}"],
        name=name,
    )
    tft.annotate_asset(name, name)
    tft.annotate_asset(f"{name}{levels.SUFFIX}", f"{name}{levels.SUFFIX}")
    # The words of a column end with an empty text.
    ends = tft.apply_vocabulary(prefixes, file)
    starts = tf.concat([[tf.constant(0, tf.int64)], ends[:-1] + 1], axis=0)
    lines = tft.apply_vocabulary(words, file)
    lines = tf.where(lines < 0, tf.gather(ends, owners), lines)
    if gaps:
        lines += tf.cast(x == "", tf.int64)  # which were the ends
    indices = tf.split(lines - tf.gather(starts, owners), list(widths), axis=1)
    for number, column in enumerate(indices):
        size = ends[number] - starts[number] + int(gaps)
        schema_inference.set_tensor_schema_override(column, tf.constant(0, tf.int64), size)
    return indices


class _Vocabularies(PTransformAnalyzer):
    """Batches of distinct words and their counts to the paths of a file with the words of all columns, and of one
    that says how much of each column they are.
    """

    def __init__(self, names: Sequence[str], top_k: int, name: str) -> None:
        super().__init__()
        self._names, self._top_k, self._name = names, top_k, name

    def expand(self, batches: beam.PCollection) -> tuple[beam.PCollection, ...]:
        paths = (
            batches
            | counted()
            | beam.Map(_write, self._names, self._top_k, f"{self.base_temp_dir}/{self._name}")
        )
        parts = enumerate(("Words", "Levels"))
        return tuple(paths | name >> beam.Map(operator.itemgetter(place)) for place, name in parts)


def counted() -> beam.PTransform:
    """Returns what turns batches of distinct words and their counts into the table of `Counts`."""
    return beam.CombineGlobally(_Count())


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
        pc.greater(pc.binary_length(counted["values"]), PREFIX),
        pc.invert(pc.match_substring_regex(counted["values"], "[\n\r]")),
    )
    ordered = counted.filter(usable).sort_by([("counts", "descending"), ("values", "descending")])
    owners = pc.binary_slice(ordered["values"], 0, PREFIX)
    for owner in pc.unique(owners).to_pylist():
        chosen[int(owner)] = ordered["values"].filter(pc.equal(owners, owner))[:top_k].to_pylist()
    return chosen


def _write(counted: pa.Table, names: Sequence[str], top_k: int, path: str) -> tuple[np.ndarray, np.ndarray]:
    chosen, lines = most_frequent(counted, len(names), top_k), []
    for owner, words in enumerate(chosen):
        prefix = b"%0*d" % (PREFIX, owner)
        lines += [*(words or [prefix + _DUMMY]), prefix]
    described = levels.to_json(dict(zip(names, _levels(counted, chosen), strict=True)))
    return (
        _file(path, b"".join(line + b"\n" for line in lines)),
        _file(f"{path}{levels.SUFFIX}", described),
    )


def _levels(counted: pa.Table, chosen: Sequence[Sequence[bytes]]) -> Iterator[levels.Levels]:
    present = counted.filter(pc.greater(pc.binary_length(counted["values"]), PREFIX))
    owners = pc.binary_slice(present["values"], 0, PREFIX).cast(pa.large_string()).cast(pa.int64()).to_numpy()
    counts = present["counts"].to_numpy()
    is_indexed = pc.is_in(present["values"], pa.array(itertools.chain(*chosen), pa.large_binary())).to_numpy()
    values = np.bincount(owners, minlength=len(chosen))
    # Exact: sums of whole numbers below 2**53.
    cells = np.bincount(owners, counts, len(chosen))
    indexed = np.bincount(owners, counts * is_indexed, len(chosen))
    for owner, words in enumerate(chosen):
        yield levels.Levels(int(values[owner]), len(words), int(cells[owner]), int(indexed[owner]))


def _file(path: str, content: bytes) -> np.ndarray:
    tf.io.gfile.makedirs(path.rpartition("/")[0])
    with tf.io.gfile.GFile(path, "wb") as stream:
        stream.write(content)
    return np.array(path)
