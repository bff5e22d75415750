"""Converts class weights to sample weights."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from reactive_schedules.training.class_weight import check
from reactive_schedules.training.tensorflow.sources import ArraySource, DatasetSource, Source


def weighted(source: Source, class_weight: Mapping[int, float]) -> Source:
    """A source whose examples are weighted by class, multiplied with any sample weights.

    Args:
        source: Source of examples, with labels that are integers or one-hot along the last axis.
        class_weight: Weight by class index; 1 for classes that are not listed.

    Raises:
        ValueError: See `check`; or the source is not arrays or a dataset.
    """
    check(class_weight)
    table = tf.constant([float(class_weight.get(label, 1.0)) for label in range(max(class_weight) + 1)])
    if isinstance(source, ArraySource):
        x, y, *weight = source.arrays
        return ArraySource((x, y, _weights(table, y, *weight)))
    if isinstance(source, DatasetSource):
        counted = tf.data.experimental.assert_cardinality(source.examples)
        return DatasetSource(
            source.dataset.batch(1)
            .map(lambda x, y, *weight: (x, y, _weights(table, y, *weight)))
            .unbatch()
            .apply(counted)
        )
    raise ValueError(
        "class_weight: requires arrays or a dataset; yield sample weights from your source instead"
    )


def _weights(table: Any, labels: Any, weight: Any = 1.0) -> tf.Tensor:
    """The weight of each example in a batch; labels [batch], [batch, 1] or one-hot [batch, classes]."""
    if isinstance(labels, dict | list | tuple):
        raise ValueError("class_weight: requires a single output; pass sample_weight for several outputs")
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank > 1:
        labels = tf.squeeze(labels, -1) if labels.shape[-1] == 1 else tf.argmax(labels, -1)
    labels, last = tf.cast(labels, tf.int64), table.shape[0] - 1
    known = tf.where(labels > last, 1.0, tf.gather(table, tf.minimum(labels, last)))
    weight = tf.cast(weight, known.dtype)
    if weight.shape.rank > known.shape.rank:  # one column
        weight = tf.squeeze(weight, -1)
    elif weight.shape.rank:  # perhaps of whole series whose steps have labels
        ones = [1] * (known.shape.rank - weight.shape.rank)
        weight = tf.reshape(weight, tf.concat([tf.shape(weight), ones], 0) if ones else tf.shape(weight))
    return known * weight
