"""Weights per class, turned into weights per example."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import tensorflow as tf

from reactive_schedules.training.tensorflow.sources import ArraySource, DatasetSource, Source


def weighted(source: Source, class_weight: Mapping[int, float]) -> Source:
    """A source whose examples weigh what their classes weigh, times any weight they have already.

    Args:
        source: with labels as integers or one-hot along the last axis.
        class_weight: weight by class index; a class that is not named weighs 1.

    Raises:
        ValueError: for no weights, for a class below 0 or a weight below 0.
    """
    for label, weight in class_weight.items():
        if not isinstance(label, Integral) or label < 0 or not weight >= 0:
            raise ValueError(
                f"class_weight: classes and weights must be at least 0, got {{{label!r}: {weight!r}}}"
            )
    if not class_weight:
        raise ValueError("class_weight: is empty; leave it out instead")
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
        "class_weight: needs arrays or a dataset; let your own source weigh its examples instead"
    )


def _weights(table: Any, labels: Any, weight: Any = 1.0) -> tf.Tensor:
    """The weight of each example of a batch; labels [batch], [batch, 1] or one-hot [batch, classes]."""
    if isinstance(labels, dict | list | tuple):
        raise ValueError("class_weight: needs a single output; pass sample_weight for several")
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank > 1:
        labels = tf.squeeze(labels, -1) if labels.shape[-1] == 1 else tf.argmax(labels, -1)
    labels, last = tf.cast(labels, tf.int64), table.shape[0] - 1
    known = tf.where(labels > last, 1.0, tf.gather(table, tf.minimum(labels, last)))
    return known * tf.cast(weight, known.dtype)
