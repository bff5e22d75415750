"""The names of classes, from a vocabulary that Transform wrote."""

from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf
from tensorflow_transform import TFTransformOutput

from components.learning.prepared import Prepared
from components.learning.transformation import Transformation

Terms = tuple[str, ...] | tuple[int, ...]


OTHER = "(other)"
"""Name of the class of values outside of a vocabulary."""


def terms_of(key: str, classes: int, described: Prepared) -> tuple[str, Terms] | None:
    """Returns the raw column of a label and the values of its classes.

    Whether a vocabulary is that of the label is found by trying: the transformation must turn its terms, in the raw
    column that the label is computed from, into 0, 1, 2 and so on, and another value into a bucket after them, if there
    are more classes than terms. Buckets have names, and so the terms before them are text, too.

    Args:
        key: Name of the transformed label.
        classes: Number of classes.
        described: What describes the features.

    Returns:
        None if there is no such vocabulary, or if the label is computed from several columns.
    """
    if not isinstance(described, TFTransformOutput):
        return None
    found = [terms for terms in _vocabularies(described) if 0 < len(terms) <= classes]
    if not found:
        return None
    transformation = Transformation(described)
    sources = transformation.sources([key])
    if len(sources) != 1:
        return None
    (source,) = sources
    spec = described.raw_feature_spec()[source]
    for written in sorted(found, key=len, reverse=True):
        try:
            terms = _typed(written, spec.dtype)
        except ValueError:
            continue
        buckets = classes - len(terms)
        outside = _outside(terms) if buckets else ()
        indices = _transformed((*terms, *outside), source, spec, key, transformation)
        others = indices[len(terms) :]
        if np.array_equal(indices[: len(terms)], range(len(terms))) and all(
            len(terms) <= index < classes for index in others
        ):
            return source, (*map(str, terms), *_names(buckets, terms)) if buckets else terms
    return None


def _outside(terms: Terms) -> tuple[str, str] | tuple[int, int]:
    """Values that are not among the terms, and not near them either, as those of another label may be."""
    if isinstance(terms[0], int):
        numbers = [int(term) for term in terms]
        return min(numbers) - 10**12, max(numbers) + 10**12
    longest = max(map(str, terms), key=len)
    return f"{OTHER}{longest}", f"{longest}{OTHER}"


def _names(buckets: int, terms: Terms) -> tuple[str, ...]:
    """The names of buckets, none of which is a term."""
    names = [OTHER] if buckets == 1 else [f"(other {number})" for number in range(1, buckets + 1)]
    while not {*names}.isdisjoint(terms):
        names = [f"({name})" for name in names]
    return tuple(names)


def _vocabularies(described: TFTransformOutput) -> Iterator[list[bytes]]:
    """Yields the lines of each file that the transformation reads."""
    folder = f"{described.transform_savedmodel_dir}/{tf.saved_model.ASSETS_DIRECTORY}"
    for file in sorted(tf.io.gfile.glob(f"{folder}/*")):
        if file.endswith(".tfrecord.gz"):
            yield list(tf.data.TFRecordDataset(file, "GZIP").as_numpy_iterator())
        else:
            with tf.io.gfile.GFile(file, "rb") as lines:
                yield lines.read().splitlines()


def _typed(terms: list[bytes], dtype: tf.DType) -> Terms:
    """Returns terms as the values of the raw column."""
    if dtype == tf.string:
        return tuple(term.decode() for term in terms)
    if dtype == tf.int64:
        return tuple(int(term) for term in terms)
    raise ValueError(f"a vocabulary of {dtype.name}")


def _transformed(
    terms: Sequence[str | int], source: str, spec: object, key: str, transformation: Transformation
) -> np.ndarray:
    """Returns what the transformation makes of rows that have each of the terms in one column."""
    rows = []
    for term in terms:
        example = tf.train.Example()
        feature = example.features.feature[source]
        if isinstance(term, str):
            feature.bytes_list.value.append(term.encode())
        else:
            feature.int64_list.value.append(term)
        rows.append(example.SerializeToString())

    @tf.function
    def transform() -> tf.Tensor:
        return transformation(tf.io.parse_example(tf.constant(rows), {source: spec}))[key]

    return transform().numpy().reshape(-1)
