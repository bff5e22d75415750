"""Streams examples that do not fit in memory from their files, epoch by epoch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from components.features import LABEL
from reactive_schedules.training.order import stream_seed

SHUFFLE_BYTES = 2**26
"""Size of the shuffle buffer of serialised examples, in bytes."""

FILES_AT_ONCE = 4
"""Number of interleaved files, so that neighbours in a file do not follow each other."""


class StreamSource:
    """A `Source` of compressed TFRecord files of `tf.Example`s.

    The order of an epoch depends only on the seed and the epoch: the files are permuted, four at a time are
    interleaved, and their records pass through a shuffle buffer of 64 MiB.

    Args:
        files: Files compressed with gzip.
        spec: Features of the inputs and the label, for `parse_example`.
        examples: Number of examples in all files.
        record_bytes: Mean size of a serialised example.
        label: Function applied to the labels of a batch; None to leave them as they are.
    """

    def __init__(
        self,
        files: Sequence[str],
        spec: Mapping[str, Any],
        examples: int,
        record_bytes: int,
        label: Callable[[tf.Tensor], tf.Tensor] | None = None,
    ) -> None:
        self.examples = examples
        self._files, self._spec, self._label = list(files), dict(spec), label
        self._record_bytes = record_bytes

    def with_label(self, label: Callable[[tf.Tensor], tf.Tensor]) -> "StreamSource":
        """Returns a source of the same examples with another function of the label."""
        return StreamSource(self._files, self._spec, self.examples, self._record_bytes, label)

    def batches(self, batch_size: int, start: int, seed: int, epoch: int | None) -> tf.data.Dataset:
        """See `Source`; x is a dict of inputs."""
        records = self._records(self._files) if epoch is None else self._shuffled(seed, epoch)
        # Records are skipped before they are parsed, because parsing is the expensive part.
        dataset = records.skip(start).batch(batch_size).map(self._parse, num_parallel_calls=tf.data.AUTOTUNE)
        options = tf.data.Options()
        options.deterministic = True
        return dataset.prefetch(tf.data.AUTOTUNE).with_options(options)

    def _shuffled(self, seed: int, epoch: int) -> tf.data.Dataset:
        files = np.random.default_rng([seed, epoch]).permutation(self._files)
        records = tf.data.Dataset.from_tensor_slices(files).interleave(
            self._records,
            cycle_length=min(FILES_AT_ONCE, len(files)),
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        buffer = min(self.examples, max(1, SHUFFLE_BYTES // max(1, self._record_bytes)))
        return records.shuffle(buffer, seed=stream_seed(seed, epoch), reshuffle_each_iteration=False)

    def _records(self, files: Sequence[str] | tf.Tensor) -> tf.data.Dataset:
        return tf.data.TFRecordDataset(files, compression_type="GZIP")

    def _parse(self, records: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        columns = tf.io.parse_example(records, self._spec)
        label = columns.pop(LABEL)
        return columns, label if self._label is None else self._label(label)
