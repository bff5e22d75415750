"""The default `preprocessing_fn`, for tables and for images as flat numbers or as bytes.

Produces few, wide features, because reading and feeding a feature costs the same at any width: `numeric_xf` (all
numbers side by side, standardised; missing values, NaN and infinities become 0, the mean), one `<name>_xf` per
image (standardised) and per text column (index into its vocabulary), and `label_xf`.
"""

import math
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from components.features import LABEL, NUMERIC, transformed_name

VOCABULARY_SIZE = 1000
"""Most frequent values of a text column that get an index each; all others share one with missing values."""

Column = tf.Tensor | tf.SparseTensor
"""Raw values of shape (batch, n); sparse where values may be missing."""


def preprocessing_fn(inputs: dict[str, Column], custom_config: dict[str, Any]) -> dict[str, tf.Tensor]:
    """Turns raw features into model inputs.

    Args:
        inputs: Raw features by name, see `Column`.
        custom_config: Values of `label` (name), `task`, `classes` (in order), `shapes` (image feature name to
            [height, width, channels]), `categorical` (numeric columns to treat as text), `ignore` (columns).

    Returns:
        Features described in this module's docstring. `label_xf` is an int64 class index of shape (batch, 1),
        or the float32 label itself for regression.
    """
    label = custom_config["label"]
    outputs: dict[str, tf.Tensor] = {}
    numbers: list[tf.Tensor] = []
    for position, name in enumerate(sorted(set(inputs) - {label} - set(custom_config["ignore"]))):
        value = inputs[name]
        if name in custom_config["shapes"]:
            pixels = _pixels(value, custom_config["shapes"][name])
            outputs[transformed_name(name)] = tft.scale_to_z_score(pixels)
        elif value.dtype == tf.string or name in custom_config["categorical"]:
            outputs[transformed_name(name)] = _categorical(value, f"vocabulary_{position}")
        else:
            number = _dense(tf.cast(value, tf.float64), math.nan)
            numbers.append(tf.where(tf.math.is_finite(number), number, tf.cast(math.nan, tf.float64)))
    if numbers:
        # One analyser for all columns. It excludes NaN, a missing value, from mean and variance, but one infinity
        # would spoil them. In float64, because sums over many examples exceed float32's precision.
        standardised = tft.scale_to_z_score(tf.concat(numbers, axis=1), elementwise=True)
        gap = tf.math.is_nan(standardised)
        outputs[NUMERIC] = tf.cast(tf.where(gap, tf.zeros_like(standardised), standardised), tf.float32)
    if label in inputs:
        outputs[LABEL] = _label(inputs[label], custom_config)
    return outputs


def _dense(value: Column, default: float | str) -> tf.Tensor:
    """A column in dense form, with `default` for missing values."""
    if isinstance(value, tf.SparseTensor):
        default = tf.cast(default, value.dtype) if not isinstance(default, str) else default
        dense_shape = tf.stack([value.dense_shape[0], 1])
        value = tf.sparse.to_dense(tf.SparseTensor(value.indices, value.values, dense_shape), default)
        value.set_shape([None, 1])
    return value


def _pixels(value: Column, shape: list[int]) -> tf.Tensor:
    """Images as float32 of shape (batch, *shape), from numbers or from bytes.

    Bytes are raw pixels (uint8, row by row, channels last) if there are as many as `shape` needs; otherwise, an
    image file (PNG, JPEG, BMP) of that size.
    """
    if value.dtype != tf.string:
        return tf.reshape(tf.cast(_dense(value, 0.0), tf.float32), [-1, *shape])
    size = shape[0] * shape[1] * shape[2]

    def decode(image: tf.Tensor) -> tf.Tensor:
        return tf.cond(
            tf.strings.length(image) == size,
            lambda: tf.reshape(tf.io.decode_raw(image, tf.uint8), shape),
            lambda: tf.ensure_shape(tf.io.decode_image(image, shape[2], expand_animations=False), shape),
        )

    images = tf.map_fn(decode, tf.reshape(_dense(value, ""), [-1]), fn_output_signature=tf.uint8)
    return tf.cast(tf.ensure_shape(images, [None, *shape]), tf.float32)


def _categorical(value: Column, vocabulary: str) -> tf.Tensor:
    """Indices into a vocabulary, whose name becomes part of file and operation names and must be plain ASCII."""
    if isinstance(value, tf.SparseTensor):
        value = tf.SparseTensor(value.indices, _as_text(value.values), value.dense_shape)
    else:
        value = _as_text(value)
    return tft.compute_and_apply_vocabulary(
        _dense(value, ""), top_k=VOCABULARY_SIZE, num_oov_buckets=1, vocab_filename=vocabulary
    )


def _as_text(value: tf.Tensor) -> tf.Tensor:
    if value.dtype == tf.string:
        return value
    # Nine digits distinguish any two float32 values.
    return tf.strings.as_string(
        value, **({"precision": 9, "shortest": True} if value.dtype.is_floating else {})
    )


def _label(value: Column, config: dict[str, Any]) -> tf.Tensor:
    if config["task"] == "regression":
        return tf.cast(_dense(value, 0), tf.float32)
    classes = config["classes"]
    is_text = isinstance(classes[0], str)
    value = _dense(value, "" if is_text else -1)
    if not is_text:
        value = tf.cast(value, tf.int64)
    keys = tf.constant(classes, tf.string if is_text else tf.int64)
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(keys, tf.range(len(classes), dtype=tf.int64)), default_value=-1
    )
    return table.lookup(value)
