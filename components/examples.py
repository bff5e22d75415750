"""Reads what Transform wrote into memory."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.features import LABEL

PARSE_BATCH = 4096
"""Examples parsed at once: `parse_example` on a batch is many times faster than on single examples."""

Arrays = tuple[Mapping[str, np.ndarray], np.ndarray]
"""Inputs by name, and labels."""


def read_split(examples, transform_output, split: str) -> Arrays:
    """Loads one split.

    Args:
        examples: list of the `Examples` artifacts of transformed examples.
        transform_output: a `tft.TFTransformOutput`.
        split: name of the split, such as `train`.

    Returns:
        Inputs (name to array of shape (examples, *shape)) and labels of shape (examples, 1).

    Raises:
        ValueError: the split does not exist or is empty.
    """
    files = [
        file
        for uri in artifact_utils.get_split_uris(examples, split)
        for file in sorted(tf.io.gfile.glob(io_utils.all_files_pattern(uri)))
    ]
    spec = transform_output.transformed_feature_spec()
    batches = (
        tf.data.TFRecordDataset(files, compression_type="GZIP")
        .batch(PARSE_BATCH)
        .map(lambda serialised: tf.io.parse_example(serialised, spec))
        .as_numpy_iterator()
    )
    parts = list(batches)
    if not parts:
        raise ValueError(f"The split {split!r} has no examples; give it a larger share in data.splits.")
    columns = {name: np.concatenate([part[name] for part in parts]) for name in spec}
    labels = columns.pop(LABEL)
    return columns, labels
