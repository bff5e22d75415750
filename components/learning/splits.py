"""The splits of a training, read from what Transform wrote: into memory where it fits, else as a stream."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tfx.types import Artifact

from components.features import LABEL
from components.learning.stream import StreamSource
from components.split_files import files_of

SPLITS = {"train": "train", "validation": "eval"}
"""What a training uses each split for."""

MEMORY_BUDGET = 2**30
"""Bytes that the parsed examples of one split may take in memory; a larger split is streamed from its files."""

PARSE_BATCH = 4096
"""Examples parsed at once: `parse_example` on a batch is many times faster than on single examples."""

Arrays = tuple[Mapping[str, np.ndarray], np.ndarray]
"""Inputs by name, and labels."""


@dataclasses.dataclass(frozen=True)
class Split:
    """The examples of a split.

    Attributes:
        data: inputs (name to array of shape (examples, *shape)) and labels of shape (examples, 1), or a source
            that reads the same from the files.
        label_mean, label_std: of the labels as numbers.
        label_least: the smallest of the labels.
    """

    data: Arrays | StreamSource
    label_mean: float
    label_std: float
    label_least: float


def read_split(
    examples: Sequence[Artifact],
    transform_output: tft.TFTransformOutput,
    split: str,
    budget: int = MEMORY_BUDGET,
) -> Split:
    """Reads one split, in one pass.

    Args:
        examples: the `Examples` artifacts of transformed examples.
        transform_output: of the Transform component.
        split: name of the split, such as `train`.
        budget: bytes; parsed examples that take more are not kept.

    Raises:
        ValueError: the split does not exist or is empty.
    """
    files = files_of(examples, split)
    spec = transform_output.transformed_feature_spec()
    # Parsed numbers are larger than compressed records: files beyond the budget need not be tried.
    fits = sum(tf.io.gfile.stat(file).length for file in files) <= budget
    dataset = tf.data.TFRecordDataset(files, compression_type="GZIP").batch(PARSE_BATCH)
    count, record_bytes, parsed_bytes, parts, labels = 0, 0, 0, [], []
    for records in dataset:
        wanted = spec if fits else {LABEL: spec[LABEL]}
        part = {name: tensor.numpy() for name, tensor in tf.io.parse_example(records, wanted).items()}
        count += len(records)
        record_bytes += int(tf.reduce_sum(tf.strings.length(records)))
        labels.append(part.pop(LABEL))
        parsed_bytes += sum(array.nbytes for array in part.values())
        parts.append(part)
        if parsed_bytes > budget:
            fits, parts = False, []
    if count == 0:
        raise ValueError(
            f"The split {split!r} has no examples; equal rows all go to one split, so add rows that differ, or give "
            "it a larger share in data.splits."
        )
    values = np.concatenate(labels)
    if fits:
        data = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, values
    else:
        data = StreamSource(files, spec, count, record_bytes // count)
    mean, std = np.mean(values, dtype=np.float64), np.std(values, dtype=np.float64)
    return Split(data, float(mean), float(std), float(np.min(values)))
