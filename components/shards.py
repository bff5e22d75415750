"""Shards: the files of a split, each a TFRecord file of serialised `tf.Example`s.

A shard is what a worker reads or writes at once. Steps that turn examples into examples write one shard per shard, with
the same name and in the same order, so that their output does not depend on how the work is spread.
"""

import contextlib
import functools
import hashlib
import itertools
import uuid
from collections.abc import Iterable, Iterator, Sequence

import tensorflow as tf
from tfx.dsl.io import fileio
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils

BATCH_ROWS = 4096
"""Examples read at a time, at most."""

BATCH_BYTES = 2**22
"""Bytes of examples read at a time, about: images become many times larger when they are decoded."""

SEVERAL = ","
"""Between the names of splits that are read as one; TFX allows it in no name."""

_PEEK_ROWS = 64
"""Examples at the start of the first shard; the largest one of them is taken as the largest one of all."""

_PARTS = ".parts"

_GZIP_LEVEL = 1
"""For numbers, as small as the default within a quarter, in less than a third of the time."""


def files_of(examples: Sequence[Artifact], split: str) -> list[str]:
    """Returns the shards of a split of `Examples` artifacts, in order.

    Args:
        examples: The artifacts.
        split: Name of the split; several names, joined by commas, are one after another.

    Raises:
        ValueError: A split does not exist.
    """
    return [
        file
        for name in split.split(SEVERAL)
        for uri in artifact_utils.get_split_uris(list(examples), name)
        for file in sorted(tf.io.gfile.glob(io_utils.all_files_pattern(uri)))
    ]


def digest_of(examples: Sequence[Artifact], splits: Iterable[str]) -> str:
    """Returns the SHA-256 of the files of some splits, in order."""
    digest = hashlib.sha256()
    for split in splits:
        for file in files_of(examples, split):
            with fileio.open(file, "rb") as stream:
                while piece := stream.read(BATCH_BYTES):
                    digest.update(piece)
    return digest.hexdigest()


def name(index: int, count: int) -> str:
    """Returns the file name of shard `index` of `count`, as TFX's ExampleGen forms it."""
    return f"data_tfrecord-{index:05}-of-{count:05}.gz"


def batches(shards: Sequence[str], rows: int = BATCH_ROWS, size: int = BATCH_BYTES) -> tf.data.Dataset:
    """Returns the serialised examples of shards in order, as vectors.

    All vectors but the last one have the same length, which depends on nothing but the examples.

    Args:
        shards: Files, with the suffix `.gz` if they are compressed.
        rows: Maximum length of a vector.
        size: Bytes of a vector, at most, if the first examples are as large as the others.
    """
    examples = _examples(shards)
    for first in examples.batch(_PEEK_ROWS).take(1).as_numpy_iterator():
        rows = max(1, min(rows, size // max(1, *map(len, first))))
    return examples.batch(rows)


def read(shard: str, rows: int = BATCH_ROWS, size: int = BATCH_BYTES) -> Iterator[list[bytes]]:
    """Yields the serialised examples of a shard in order; see `batches`."""
    for batch in batches([shard], rows, size):
        yield batch.numpy().tolist()


def _examples(shards: Sequence[str]) -> tf.data.Dataset:
    found = [
        tf.data.TFRecordDataset(list(files), "GZIP" if zipped else "", buffer_size=2**20)
        for zipped, files in itertools.groupby(shards, lambda shard: shard.endswith(".gz"))
    ]
    return functools.reduce(tf.data.Dataset.concatenate, found or [tf.data.TFRecordDataset([])])


@contextlib.contextmanager
def parts(artifact: Artifact) -> Iterator[str]:
    """The folder of an artifact for its unfinished shards and for what its workers share, removed in the end."""
    folder = f"{artifact.uri}/{_PARTS}"
    try:
        yield folder
    except BaseException:
        with contextlib.suppress(OSError, tf.errors.OpError):  # which would hide what went wrong first
            tf.io.gfile.rmtree(folder)
        raise
    if tf.io.gfile.exists(folder):
        tf.io.gfile.rmtree(folder)


def write(shard: str, examples: Iterable[bytes]) -> None:
    """Writes serialised examples to a new shard in the folder of a split; its name ends in `.gz`.

    An unfinished shard never has its name, and a worker that runs twice replaces what it wrote.
    """
    folder, _, file = shard.rpartition("/")
    parts = f"{folder.rpartition('/')[0]}/{_PARTS}"  # outside the split, of which every file is read
    part = f"{parts}/{uuid.uuid4().hex}-{file}"
    tf.io.gfile.makedirs(parts)
    tf.io.gfile.makedirs(folder)
    with tf.io.TFRecordWriter(part, tf.io.TFRecordOptions("GZIP", compression_level=_GZIP_LEVEL)) as writer:
        for example in examples:
            writer.write(example)
    tf.io.gfile.rename(part, shard, overwrite=True)
