"""Converts class weights to sample weights."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np

from reactive_schedules.training.arrays import ArraySource
from reactive_schedules.training.source import Source


def check(class_weight: Any) -> None:
    """Checks class weights.

    Raises:
        ValueError: They are no mapping from class index to weight, or empty, or a class or weight is below 0.
    """
    if not isinstance(class_weight, Mapping):
        raise ValueError(
            "class_weight: must be a dict of weights by class index, such as {0: 1.0, 1: 5.0}; "
            f"got {class_weight!r}"
        )
    if not class_weight:
        raise ValueError("class_weight: is empty; pass None instead")
    for label, weight in class_weight.items():
        if isinstance(label, str) or isinstance(weight, Mapping):
            raise ValueError(
                "class_weight: must be weights by class index of a single output, as in {0: 1.0, 1: 5.0}; pass "
                "sample_weight for several outputs"
            )
        if not isinstance(label, Integral) or label < 0 or not weight >= 0:
            raise ValueError(
                f"class_weight: class indices and weights must be at least 0, got {{{label!r}: {weight!r}}}"
            )


def weighted(source: Source, class_weight: Mapping[int, float]) -> Source:
    """A source whose examples are weighted by class, multiplied with any sample weights.

    Args:
        source: Arrays, with labels that are integers or one-hot along the last axis.
        class_weight: Weight by class index; 1 for classes that are not listed.

    Raises:
        ValueError: See `check`; or the source is not arrays, or has several outputs.
    """
    check(class_weight)
    if not isinstance(source, ArraySource):
        raise ValueError("class_weight: requires arrays; yield sample weights from your source instead")
    x, labels, *own = source.arrays
    if isinstance(labels, dict | tuple):
        raise ValueError("class_weight: requires a single output; pass sample_weight for several outputs")
    if labels.ndim > 1:
        labels = labels[..., 0] if labels.shape[-1] == 1 else labels.argmax(-1)
    weights = np.ones(labels.shape, "float32")
    for label, weight in class_weight.items():
        weights[labels == label] = weight
    for given in own:
        # As one column, or of whole series whose steps have labels.
        alike = given.size == weights.size
        weights *= given.reshape(weights.shape if alike else (len(given), *[1] * (weights.ndim - 1)))
    return ArraySource((x, source.arrays[1], weights))
