"""The raw features that an exported model needs, and the tensors of its signatures."""

import keyword
import re
from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.tf_metadata import schema_utils

from components.features import RawFeature

FeatureSpec = tf.io.FixedLenFeature | tf.io.VarLenFeature


def raw_features(names: Iterable[str], schema: schema_pb2.Schema) -> dict[str, RawFeature]:
    """Describes raw columns, by name.

    Args:
        names: Names of the columns.
        schema: Schema of the raw data.
    """
    spec = schema_utils.schema_as_feature_spec(schema).feature_spec
    several = {
        each.name for each in schema.feature if each.HasField("value_count") and each.value_count.max != 1
    }
    features: dict[str, RawFeature] = {}
    taken: set[str] = set()
    for name in sorted(names):
        dtype = "string" if spec[name].dtype == tf.string else np.dtype(spec[name].dtype.as_numpy_dtype).name
        shape = None if isinstance(spec[name], tf.io.VarLenFeature) else tuple(spec[name].shape)
        given = _identifier(name, taken)
        taken.add(given.lower())
        features[name] = RawFeature(dtype, shape, given, shape is None and name in several)
    return features


def _identifier(name: str, taken: set[str]) -> str:
    """Returns a similar name that TensorFlow accepts for an argument; those of a function differ in more than capitals.

    Args:
        name: Name of a column.
        taken: Other names, in lower case.
    """
    result = re.sub(r"\W", "_", name, flags=re.ASCII)
    if not result[:1].isalpha() or result == "self" or keyword.iskeyword(result):
        result = f"column_{result}"
    while result.lower() in taken:
        result += "_"
    return result


def example_spec(features: Mapping[str, RawFeature]) -> dict[str, FeatureSpec]:
    """Returns the feature spec for `tf.io.parse_example`."""
    return {
        name: tf.io.VarLenFeature(tf.as_dtype(feature.dtype))
        if feature.shape is None
        else tf.io.FixedLenFeature(feature.shape, tf.as_dtype(feature.dtype))
        for name, feature in features.items()
    }


def rows_spec(features: Mapping[str, RawFeature]) -> dict[str, tf.TensorSpec]:
    """Returns the dense tensors of the signature `rows`: one number or string per row for single values.

    A missing value is NaN or an empty string; integers that may be missing are therefore float64. Rows with any number
    of values are filled up with missing ones.
    """
    return {name: _rows_tensor(feature) for name, feature in features.items()}


def _rows_tensor(feature: RawFeature) -> tf.TensorSpec:
    dtype = tf.as_dtype(feature.dtype)
    if feature.shape is None:
        dtype = tf.float64 if dtype == tf.int64 else dtype
    if feature.several:
        return tf.TensorSpec([None, None], dtype, name=feature.rows_input)
    shape = [None] if feature.size in (None, 1) else [None, *feature.shape]
    return tf.TensorSpec(shape, dtype, name=feature.rows_input)


def parse_rows(
    rows: Mapping[str, tf.Tensor], features: Mapping[str, RawFeature]
) -> dict[str, tf.Tensor | tf.SparseTensor]:
    """Converts tensors of `rows_spec` to the output of `tf.io.parse_example` for `example_spec`."""
    parsed: dict[str, tf.Tensor | tf.SparseTensor] = {}
    groups: dict[tuple[str, bool], list[str]] = {}  # columns of one type at once: some tables have thousands
    for name, feature in features.items():
        if feature.several:
            parsed[name] = _packed(rows[name], tf.as_dtype(feature.dtype))
        elif feature.shape in (None, (1,)):
            groups.setdefault((feature.dtype, feature.shape is None), []).append(name)
        else:
            parsed[name] = tf.reshape(rows[name], [-1, *feature.shape])
    for (dtype, has_gaps), names in groups.items():
        values = tf.stack([rows[name] for name in names], axis=0 if has_gaps else 1)
        columns = _sparse(values, tf.as_dtype(dtype)) if has_gaps else tf.split(values, len(names), axis=1)
        parsed.update(zip(names, columns, strict=True))
    return parsed


def _there(values: tf.Tensor) -> tf.Tensor:
    return tf.not_equal(values, "") if values.dtype == tf.string else ~tf.math.is_nan(values)


def _packed(values: tf.Tensor, dtype: tf.DType) -> tf.SparseTensor:
    """The values of each row, of shape (rows, most values), without the missing ones."""
    packed = tf.ragged.boolean_mask(values, _there(values))
    return packed.with_flat_values(tf.cast(packed.flat_values, dtype)).to_sparse()


def _sparse(values: tf.Tensor, dtype: tf.DType) -> list[tf.SparseTensor]:
    """Leaves out the missing values of columns, of shape (columns, rows)."""
    columns = values.shape[0]
    there = _there(values)
    indices = tf.where(there)  # column by column
    counts = tf.reduce_sum(tf.cast(there, tf.int64), axis=1)
    rows = tf.fill(tf.shape(counts), tf.shape(values, tf.int64)[1])
    parts = (
        tf.split(tf.pad(indices[:, 1:], [[0, 0], [0, 1]]), counts, num=columns),
        tf.split(tf.cast(tf.gather_nd(values, indices), dtype), counts, num=columns),
        tf.unstack(tf.stack([rows, tf.cast(counts > 0, tf.int64)], axis=1), columns),
    )
    return [tf.SparseTensor(*part) for part in zip(*parts, strict=True)]
