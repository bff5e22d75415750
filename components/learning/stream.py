"""Streams the examples of a split from its parsed copy, epoch by epoch."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from components.features import LABEL
from components.learning.parsed_file import Block, ParsedFile
from reactive_schedules.training.order import windows

WINDOW_BYTES = 2**26
"""Size of the examples that are in memory and shuffled at a time."""

CHUNK_BYTES = 2**22
"""Size of the batches that pass from Python to TensorFlow at a time."""

_CHUNKS_AHEAD = 2


Rows = Callable[[dict[str, tf.Tensor]], tuple[Any, ...]]
"""A function of parsed examples by name, with any number of leading axes, that returns (x, y) or (x, y, weight)."""


def _pair(block: dict[str, tf.Tensor]) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    inputs = dict(block)
    label = inputs.pop(LABEL)
    return inputs, label


class StreamSource:
    """A `Source` of parsed examples on disk.

    The order of an epoch depends only on the seed and the epoch; see `windows`.

    Args:
        file: The examples.
        rows: What a model gets of them; by default, all inputs and the label as it is.
    """

    def __init__(self, file: ParsedFile, rows: Rows = _pair) -> None:
        self.examples, self.file = file.examples, file
        self._rows = rows
        self._example_bytes = max(1, file.bytes // file.examples)

    def with_rows(self, rows: Rows) -> "StreamSource":
        """Returns a source of the same examples, of which a model gets something else."""
        return StreamSource(self.file, rows)

    def batches(self, batch_size: int, start: int, seed: int, epoch: int | None) -> tf.data.Dataset:
        """See `Source`; x is a dict of inputs."""
        spec = self.file.spec
        dataset = tf.data.Dataset.from_generator(
            lambda: self._chunks(batch_size, start, seed, epoch),
            output_signature={
                name: tf.TensorSpec((None, None, *feature.shape), feature.dtype)
                for name, feature in spec.items()
            },
        )
        options = tf.data.Options()
        options.deterministic = True
        return dataset.map(self._rows).prefetch(_CHUNKS_AHEAD).unbatch().with_options(options)

    def _chunks(self, batch_size: int, start: int, seed: int, epoch: int | None) -> Iterator[Block]:
        """Yields several batches at a time, as arrays of shape (batches, batch size, *shape)."""
        size = batch_size * max(1, CHUNK_BYTES // (batch_size * self._example_bytes))
        rest: Block | None = None
        for piece in self._pieces(size, start, seed, epoch):
            block = piece
            if rest:
                block = {name: np.concatenate([rest[name], array]) for name, array in piece.items()}
            whole = len(block[LABEL]) // batch_size * batch_size
            if whole:
                yield {
                    name: array[:whole].reshape(-1, batch_size, *array.shape[1:])
                    for name, array in block.items()
                }
            rest = (
                {name: array[whole:] for name, array in block.items()} if whole < len(block[LABEL]) else None
            )
        if rest:
            yield {name: array[np.newaxis] for name, array in rest.items()}

    def _pieces(self, size: int, start: int, seed: int, epoch: int | None) -> Iterator[Block]:
        """Yields the examples of an epoch in order, cut at every multiple of `size` and between windows."""
        file, reader = self.file, self.file.reader()
        width = max(1, WINDOW_BYTES // (file.block * self._example_bytes))
        done = 0
        for blocks, order in windows(self.examples, file.block, width, seed, epoch, start):
            window, first = file.read(reader, blocks), 0
            while first < len(order):
                chosen = order[first : first + size - done % size]
                yield {name: np.take(array, chosen, axis=0) for name, array in window.items()}
                first, done = first + len(chosen), done + len(chosen)
            del window  # before the next one is read
