"""The files of a split."""

from collections.abc import Sequence

import tensorflow as tf
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils


def files_of(examples: Sequence[Artifact], split: str) -> list[str]:
    """Returns the files of a split of `Examples` artifacts, in order."""
    return [
        file
        for uri in artifact_utils.get_split_uris(list(examples), split)
        for file in sorted(tf.io.gfile.glob(io_utils.all_files_pattern(uri)))
    ]
