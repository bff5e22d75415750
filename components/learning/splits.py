"""Reads the splits of a training from the output of Transform: into memory if they fit, else as a stream."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tfx.types import Artifact

from components.features import LABEL
from components.learning.stream import StreamSource
from components.shards import files_of

SPLITS = {"train": "train", "validation": "eval"}
"""The split for each use in a training."""

MEMORY_BUDGET = 2**30
"""Memory for the parsed examples of one split, in bytes; larger splits are streamed from their files."""

PARSE_BATCH = 4096
"""Examples per call of `parse_example`, which is much faster on batches than on single examples."""

Arrays = tuple[Mapping[str, np.ndarray], np.ndarray]
"""Inputs by name, and the labels."""


@dataclasses.dataclass(frozen=True)
class Split:
    """The examples of a split.

    Attributes:
        data: Inputs (name to array of shape (examples, *shape)) and labels of shape (examples, 1), or a source
            that reads them from the files.
        label_mean: Mean of the labels as numbers.
        label_std: Standard deviation of the labels as numbers.
        label_least: Smallest label.
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
    """Reads one split in one pass.

    Args:
        examples: `Examples` artifacts of transformed examples.
        transform_output: Output of the Transform component.
        split: Name of the split, such as `train`.
        budget: Bytes of memory for parsed examples; a larger split is streamed.

    Raises:
        ValueError: The split does not exist or is empty.
    """
    files = files_of(examples, split)
    spec = transform_output.transformed_feature_spec()
    # Parsed numbers are larger than compressed records: files beyond the budget cannot fit.
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
            f"data.splits: the split {split!r} has no examples; equal rows all go to one split, so add rows that "
            "differ, or increase its share"
        )
    values = np.concatenate(labels)
    if fits:
        data = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, values
    else:
        data = StreamSource(files, spec, count, record_bytes // count)
    mean, std = np.mean(values, dtype=np.float64), np.std(values, dtype=np.float64)
    return Split(data, float(mean), float(std), float(np.min(values)))
