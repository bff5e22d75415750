"""The label of a training: what the author of a pipeline says about it, and what only the data tells."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tfx.types import Artifact

from components import shards
from components.errors import DataError, UserError, no_examples
from components.features import LabelFeature
from components.learning.prepared import Prepared, Untransformed
from components.learning.vocabulary import terms_of

MOST_CLASSES = 1000
"""An integer label with more values than this is not taken for classes."""


def to_json(label: str | LabelFeature) -> str:
    """Returns what is known about a label as an execution property.

    Args:
        label: The label, perhaps without classes, or its name in the transformed examples.
    """
    return json.dumps({"key": label}) if isinstance(label, str) else label.to_json()


def label_of(
    text: str, described: Prepared, examples: Sequence[Artifact], splits: Collection[str]
) -> LabelFeature:
    """Returns the label that an execution property tells of; what it does not tell follows from the examples.

    | label | task |
    |---|---|
    | integer, not negative | classification, of as many classes as its domain, else its largest value, says |
    | float, but 0 or 1 in all rows | classification, 0 or 1 |
    | other float | regression |
    | vector of 0 and 1 | multilabel |

    The classes have the names of a vocabulary if the transformation makes its terms, in order, the indices of
    the classes; else they are numbers.

    Args:
        text: Output of `to_json`.
        described: What describes the features.
        examples: `Examples` artifacts.
        splits: Names of the splits to train and to validate on.

    Raises:
        UserError: The label is missing, text, or neither classes nor a number.
    """
    values = json.loads(text)
    if "task" in values:
        return LabelFeature.from_json(text)
    key = values["key"]
    features = described.transformed_feature_spec()
    where = "schema" if isinstance(described, Untransformed) else "preprocessing_fn"
    if key not in features:
        raise UserError(
            f"label: {key!r} is not among the features that {where} describes, {', '.join(sorted(features))}; use the "
            "name that it has after Transform"
        )
    spec = features[key]
    if not isinstance(spec, tf.io.FixedLenFeature) or len(spec.shape) > 1:
        raise UserError(
            f"label: {key!r} does not have one value per row; return one number, or a vector of 0 and 1"
        )
    if spec.dtype == tf.string:
        raise UserError(
            f"label: {key!r} is text; return the index of its class, for example with "
            "tft.compute_and_apply_vocabulary"
        )
    if spec.shape and spec.shape[0] > 1:
        return _several(key, spec, examples, splits)
    found = _classes(key, described, spec, examples, splits)
    if found is None:
        return LabelFeature(key, "regression", key=key)
    name, classes = terms_of(key, found, described) or (key, tuple(range(found)))
    return LabelFeature(name, "classification", classes, 1 if found == 2 else None, key=key)


def _classes(
    key: str, described: Prepared, spec: Any, examples: Sequence[Artifact], splits: Collection[str]
) -> int | None:
    """Returns the number of classes; None for a regression."""
    (feature,) = (each for each in described.transformed_metadata.schema.feature if each.name == key)
    if spec.dtype == tf.int64 and feature.int_domain.is_categorical and feature.int_domain.max > 0:
        return feature.int_domain.max + 1
    least, largest, are_binary = _range(key, spec, examples, splits)
    if spec.dtype == tf.float32:
        return 2 if are_binary else None
    if least < 0 or largest >= MOST_CLASSES:
        raise UserError(
            f"label: {key!r} is an integer from {least:,.0f} to {largest:,.0f}; return the index of its class, from 0 "
            f"to {MOST_CLASSES - 1}, or the number as float32"
        )
    if largest == 0:
        raise DataError(f"label: {key!r} is 0 in all rows; there must be two classes or more")
    return int(largest) + 1


def _several(key: str, spec: Any, examples: Sequence[Artifact], splits: Collection[str]) -> LabelFeature:
    are_one_hot = True
    for rows in _values(key, spec, examples, splits):
        if not np.isin(rows, (0, 1)).all():
            raise UserError(
                f"label: {key!r} is a vector of numbers; return one number, the index of a class, or a vector of 0 and "
                "1"
            )
        are_one_hot = are_one_hot and bool((rows.sum(axis=1) == 1).all())
    if are_one_hot:
        raise UserError(
            f"label: {key!r} has exactly one 1 in every row; return its index, tf.argmax, as int64"
        )
    return LabelFeature(key, "multilabel", tuple(range(spec.shape[0])), key=key)


def _range(
    key: str, spec: Any, examples: Sequence[Artifact], splits: Collection[str]
) -> tuple[float, float, bool]:
    """Returns the smallest and the largest value, and whether both 0 and 1 occur, and nothing else."""
    least, largest, are_binary = np.inf, -np.inf, True
    for rows in _values(key, spec, examples, splits):
        least, largest = min(least, rows.min()), max(largest, rows.max())
        are_binary = are_binary and bool(np.isin(rows, (0, 1)).all())
    return float(least), float(largest), are_binary and (least, largest) == (0, 1)


def _values(
    key: str, spec: Any, examples: Sequence[Artifact], splits: Collection[str]
) -> Iterator[np.ndarray]:
    """Yields the labels of all splits, in batches."""
    for split in splits:
        batches = shards.batches(shards.files_of(examples, split)).map(
            lambda batch: tf.io.parse_example(batch, {key: spec})[key]
        )
        rows = None
        for rows in batches.as_numpy_iterator():
            yield rows
        if rows is None:
            raise no_examples(split)
