"""The score of the best model that ignores its inputs; a useful model must beat it."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from tensorflow_transform.tf_metadata import schema_utils
from tfx.types import Artifact

from components.errors import no_examples
from components.schema import read_schema
from components.shards import batches, files_of


def best_constant(metric: str, labels: np.ndarray) -> float:
    """Returns the score of the best constant prediction for these labels.

    Args:
        metric: `accuracy`, `cross_entropy` (nats), `rmse` or `mae` (label units).
        labels: Classes or numbers, of shape (examples,).
    """
    match metric:
        case "rmse":
            return float(np.std(labels, dtype=np.float64))
        case "mae":
            return float(np.mean(np.abs(labels - np.median(labels)), dtype=np.float64))
    share = np.unique(labels, return_counts=True)[1] / len(labels)
    return float(share.max() if metric == "accuracy" else -np.sum(share * np.log(share)))


def read_labels(
    examples: Sequence[Artifact], split: str, schema: Sequence[Artifact], name: str
) -> np.ndarray:
    """Reads the labels of a split, of shape (examples,).

    Args:
        examples: `Examples` artifacts of raw examples.
        split: Name of the split.
        schema: The `Schema` artifact of `examples`, in a list.
        name: Name of the label.

    Raises:
        DataError: The split is empty.
    """
    spec = {name: tf.io.VarLenFeature(feature_types(schema)[name])}
    found = [
        tf.io.parse_example(batch, spec)[name].values.numpy() for batch in batches(files_of(examples, split))
    ]
    if not found:
        raise no_examples(split)
    return np.concatenate(found)


def feature_types(schema: Sequence[Artifact]) -> dict[str, tf.DType]:
    """Reads the types of raw features, by name.

    Args:
        schema: A `Schema` artifact, in a list.
    """
    spec = schema_utils.schema_as_feature_spec(read_schema(schema)).feature_spec
    return {name: feature.dtype for name, feature in spec.items()}
