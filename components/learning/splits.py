"""Reads the splits of a training from the output of Transform: into memory if they fit, else from a parsed copy."""

import dataclasses
import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf
from tfx.types import Artifact

from components import shards
from components.errors import no_examples
from components.features import LABEL, WEIGHT
from components.learning.columns import Columns
from components.learning.parsed_copy import ParsedCopy
from components.learning.parsed_file import LabelSummary, to_batch, to_block
from components.learning.prepared import Prepared
from components.learning.stream import StreamSource

SPLITS = {"train": "train", "validation": "eval"}
"""The split for each use in a training."""

MEMORY_BUDGET = 2**30
"""Memory for the parsed examples of one split, in bytes; larger splits are parsed to disk and streamed from there."""

BLOCK_BYTES = 2**20
"""About the size of a block of serialised examples, which are parsed, stored and read together."""

COLUMNS = Columns()
"""Label and weight under the names that our own preprocessing gives them."""

Arrays = tuple[Mapping[str, np.ndarray], np.ndarray]
"""Inputs by name, with the weight if there is one, and the labels."""


@dataclasses.dataclass(frozen=True)
class Split:
    """The examples of a split.

    Attributes:
        data: Inputs (name to array of shape (examples, *shape)) and labels of shape (examples, 1 or labels), or a
            source that reads them from disk.
        labels: Summary of the labels, the same for both.
    """

    data: Arrays | StreamSource
    labels: LabelSummary

    def truth(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns labels, see `truth_of`, and weights of shape (examples,) in order; None without weights."""
        if isinstance(self.data, StreamSource):
            file = self.data.file
            found = file.columns([name for name in (LABEL, WEIGHT) if name in file.spec])
            labels, weights = found[LABEL], found.get(WEIGHT)
        else:
            inputs, labels = self.data
            weights = inputs.get(WEIGHT)
        return truth_of(labels), None if weights is None else weights.reshape(-1)


def truth_of(labels: np.ndarray) -> np.ndarray:
    """Returns labels of shape (examples, 1) as (examples,); several per example keep their shape."""
    return labels if labels.ndim == 2 and labels.shape[1] > 1 else labels.reshape(-1)


def read_split(
    examples: Sequence[Artifact],
    described: Prepared,
    split: str,
    budget: int = MEMORY_BUDGET,
    blocks: int | None = None,
    columns: Columns = COLUMNS,
) -> Split:
    """Reads one split, in one pass if it fits in memory.

    Args:
        examples: `Examples` artifacts.
        described: What describes their features.
        split: Name of the split, such as `train`.
        budget: Bytes of memory for parsed examples; a larger split is streamed from a parsed copy.
        blocks: Number of blocks to read, for a look at the first examples; None reads all.
        columns: Label and weight.

    Raises:
        ValueError: The split does not exist.
        DataError: It is empty.
        UserError: The disk has too little space for a parsed copy.
    """
    features = described.transformed_feature_spec()
    spec = columns.spec(features)
    copy = ParsedCopy(examples, split, spec)
    if blocks is None and (file := copy.find()) and file.bytes > budget:
        return Split(StreamSource(file), file.labels)
    parts, size, count = deque(), 0, 0
    batches = itertools.islice(_parsed(shards.files_of(examples, split), features, columns), blocks)
    for batch in batches:
        parts.append(batch)
        size += batch.nbytes
        count += len(batch)
        if size > budget:
            file = copy.make(itertools.chain(_emptied(parts), batches), size / count)
            return Split(StreamSource(file), file.labels)
    if not parts:
        raise no_examples(split)
    parsed = [to_block(batch, spec) for batch in _emptied(parts)]
    labels = LabelSummary()
    for block in parsed:
        labels = labels.add_block(block)
    inputs = {name: np.concatenate([block.pop(name) for block in parsed]) for name in spec}
    return Split((inputs, inputs.pop(LABEL)), labels)


def _parsed(files: Sequence[str], features: Mapping[str, Any], columns: Columns) -> Iterator[pa.RecordBatch]:
    """Yields all examples in order, in blocks that depend on nothing but the examples."""
    parsed = shards.batches(files, size=BLOCK_BYTES).map(
        lambda batch: columns.taken(tf.io.parse_example(batch, features)),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return map(to_batch, parsed.prefetch(tf.data.AUTOTUNE).as_numpy_iterator())


def _emptied(parts: deque) -> Iterator[pa.RecordBatch]:
    while parts:
        yield parts.popleft()
