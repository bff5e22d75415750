"""The default `preprocessing_fn`, for tables and for images as flat numbers or as bytes.

Produces few, wide features, because reading and feeding a feature costs the same at any width: `numeric_xf` (all
numbers side by side, standardised; missing values, NaN and infinities become 0, the mean), one `<name>_xf` per
image (standardised) and per text column (index into its vocabulary), and `label_xf`.
"""

import math
from typing import Any

import tensorflow as tf

from components.features import LABEL, NUMERIC, transformed_name
from components.transform import analyzers
from components.transform.raw_columns import RawColumn, as_text, dense, side_by_side, width

VOCABULARY_SIZE = 1000
"""Most frequent values of a text column that get an index each; all others share one with missing values."""


def preprocessing_fn(inputs: dict[str, RawColumn], custom_config: dict[str, Any]) -> dict[str, tf.Tensor]:
    """Turns raw features into model inputs.

    Args:
        inputs: Raw features by name, see `RawColumn`.
        custom_config: Values of `label` (name), `task`, `classes` (in order), `shapes` (image feature name to
            [height, width, channels]), `categorical` (numeric columns to treat as text), `ignore` (columns).

    Returns:
        Features described in this module's docstring. `label_xf` is an int64 class index of shape (batch, 1),
        or the float32 label itself for regression.
    """
    label = custom_config["label"]
    outputs: dict[str, tf.Tensor] = {}
    numbers: list[RawColumn] = []
    texts: dict[str, RawColumn] = {}
    for name in sorted(set(inputs) - {label} - set(custom_config["ignore"])):
        value = inputs[name]
        if name in custom_config["shapes"]:
            pixels = _pixels(value, custom_config["shapes"][name])
            outputs[transformed_name(name)] = analyzers.scale_to_z_score(pixels)
        elif value.dtype == tf.string or name in custom_config["categorical"]:
            texts[transformed_name(name)] = value
        else:
            numbers.append(value)
    if numbers:
        outputs[NUMERIC] = _standardised(numbers)
    if texts:
        columns = list(texts.values())
        indices = analyzers.compute_and_apply_vocabularies(
            side_by_side(columns, as_text, ""), [width(column) for column in columns], VOCABULARY_SIZE
        )
        outputs.update(zip(texts, indices, strict=True))
    if label in inputs:
        outputs[LABEL] = _label(inputs[label], custom_config)
    return outputs


def _standardised(numbers: list[RawColumn]) -> tf.Tensor:
    # In float64, because float32 cannot tell apart, for example, the seconds of a year.
    values = side_by_side(numbers, lambda value: tf.cast(value, tf.float64), math.nan)
    standardised = tf.cast(analyzers.scale_to_z_score(values, elementwise=True), tf.float32)
    there = tf.math.is_finite(standardised)  # after the cast, which may overflow
    return tf.where(there, standardised, tf.zeros_like(standardised))


def _pixels(value: RawColumn, shape: list[int]) -> tf.Tensor:
    """Images as float32 of shape (batch, *shape), from numbers or from bytes.

    Bytes are raw pixels (uint8, row by row, channels last) if there are as many as `shape` needs; otherwise, an
    image file (PNG, JPEG, BMP) of that size.
    """
    if value.dtype != tf.string:
        return tf.reshape(tf.cast(dense(value, 0.0), tf.float32), [-1, *shape])
    size = shape[0] * shape[1] * shape[2]

    def decode(image: tf.Tensor) -> tf.Tensor:
        return tf.cond(
            tf.strings.length(image) == size,
            lambda: tf.reshape(tf.io.decode_raw(image, tf.uint8), shape),
            lambda: tf.ensure_shape(tf.io.decode_image(image, shape[2], expand_animations=False), shape),
        )

    images = tf.map_fn(decode, tf.reshape(dense(value, ""), [-1]), fn_output_signature=tf.uint8)
    return tf.cast(tf.ensure_shape(images, [None, *shape]), tf.float32)


def _label(value: RawColumn, config: dict[str, Any]) -> tf.Tensor:
    if config["task"] == "regression":
        return tf.cast(dense(value, 0), tf.float32)
    classes = config["classes"]
    is_text = isinstance(classes[0], str)
    value = dense(value, "" if is_text else -1)
    if not is_text:
        value = tf.cast(value, tf.int64)
    keys = tf.constant(classes, tf.string if is_text else tf.int64)
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(keys, tf.range(len(classes), dtype=tf.int64)), default_value=-1
    )
    return table.lookup(value)
