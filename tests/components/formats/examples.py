"""Serialises rows as `tf.Example`s."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

_KINDS = {bytes: "bytes_list", int: "int64_list", float: "float_list"}


def examples(*rows: Mapping[str, Sequence[Any]]) -> list[bytes]:
    """A `tf.Example` per row.

    Args:
        rows: Values of each feature: bytes, integers or floats; a feature without values has no kind.
    """
    import tensorflow as tf

    result = []
    for row in rows:
        example = tf.train.Example()
        for name, values in row.items():
            feature = example.features.feature[name]
            if values:
                getattr(feature, _KINDS[type(values[0])]).value.extend(values)
        result.append(example.SerializeToString())
    return result


def write_examples(
    path: Path | str, rows: Iterable[Mapping[str, Sequence[Any]]], compression: str = ""
) -> None:
    """Writes them to a TFRecord file with TensorFlow's own writer."""
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for example in examples(*rows):
            writer.write(example)
