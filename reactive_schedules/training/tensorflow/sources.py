"""Sources of examples: arrays in memory, or a `tf.data.Dataset`."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from reactive_schedules.training import arrays
from reactive_schedules.training.order import stream_seed
from reactive_schedules.training.source import Source

SHUFFLE_BUFFER = 10_000  # examples; larger datasets are shuffled only locally


class ArraySource(arrays.ArraySource):
    """Examples in memory, as tensors; see the base class. The arrays may contain text."""

    forms = (
        "(x, y) or (x, y, sample_weight), a tf.data.Dataset of single examples, or a Source with `examples` and "
        "`batches`"
    )

    def batches(self, batch_size: int, start: int, seed: int, epoch: int | None) -> tf.data.Dataset:
        """See `Source`."""
        indices = tf.data.Dataset.from_tensor_slices(self.order(seed, epoch)[start:]).batch(batch_size)
        return indices.map(
            lambda chosen: keras.tree.map_structure(lambda array: tf.gather(array, chosen), self.arrays)
        ).prefetch(tf.data.AUTOTUNE)

    def _array(self, values: Any, name: str) -> tf.Tensor:
        """Converts to a tensor, because a graph would embed an array as a constant."""
        array = values if tf.is_tensor(values) else np.asarray(values)
        try:
            tensor = tf.convert_to_tensor(array)
        except (TypeError, ValueError):
            raise ValueError(
                f"{name}: must contain numbers or text, got {array.dtype}; convert the values first"
            ) from None
        return tf.cast(tensor, keras.config.floatx()) if tensor.dtype.is_floating else tensor


class DatasetSource:
    """A `tf.data.Dataset` of single examples `(x, y)` or `(x, y, sample_weight)`.

    The dataset must yield its examples in the same order in each pass; they are shuffled here, within a buffer of
    10,000 examples.

    Args:
        dataset: Finite dataset. If its cardinality is unknown, its examples are counted in an extra pass, which
            `tf.data.experimental.assert_cardinality` avoids.
        name: Name of the argument, for error messages.

    Raises:
        ValueError: The dataset is infinite, empty or batched, or its elements have another form.
    """

    def __init__(self, dataset: tf.data.Dataset, name: str = "train") -> None:
        parts = dataset.element_spec
        if not isinstance(parts, tuple) or len(parts) not in (2, 3):
            raise ValueError(
                f"{name}: the dataset must yield (x, y) or (x, y, sample_weight); it yields {parts}"
            )
        shapes = [part.shape for part in keras.tree.flatten(parts)]
        if all(shape.rank for shape in shapes) and _is_batched(dataset, {shape[0] for shape in shapes}):
            raise ValueError(
                f"{name}: the dataset is batched, but must yield single examples; pass dataset.unbatch() (if the "
                "first axis of an example has no known size, set it with tf.ensure_shape)"
            )
        self.examples = int(dataset.cardinality())
        if self.examples == tf.data.INFINITE_CARDINALITY:
            raise ValueError(f"{name}: the dataset is infinite; remove repeat()")
        if self.examples == tf.data.UNKNOWN_CARDINALITY:
            self.examples = int(dataset.reduce(np.int64(0), lambda count, *_: count + 1))
        if self.examples == 0:
            raise ValueError(f"{name}: has no examples")
        self.dataset, self.parts = dataset, parts

    def batches(self, batch_size: int, start: int, seed: int, epoch: int | None) -> tf.data.Dataset:
        """See `Source`."""
        dataset = self.dataset
        if epoch is not None:
            dataset = dataset.shuffle(
                min(self.examples, SHUFFLE_BUFFER),
                seed=stream_seed(seed, epoch),
                reshuffle_each_iteration=False,
            )
        # Otherwise, tf.data may yield batches in the order in which they are ready.
        options = tf.data.Options()
        options.deterministic = True
        return dataset.skip(start).batch(batch_size).prefetch(tf.data.AUTOTUNE).with_options(options)


def as_source(data: Any, name: str) -> Source:
    """A source for `data`, or `data` itself if it is a `Source`; error messages use `name`."""
    if isinstance(data, tf.data.Dataset):
        return DatasetSource(data, name)
    return data if isinstance(data, Source) else ArraySource(data, name)


def _is_batched(dataset: tf.data.Dataset, sizes: set[int | None]) -> bool:
    """Whether the elements of a dataset, whose parts have first axes of these sizes, are batches.

    A dataset of which nothing else is known keeps the size of its last `batch`, unless something took it apart.
    """
    if len(sizes) != 1:
        return False
    if sizes == {None}:
        return True
    chain = [dataset]
    while chain:
        kind = type(chain[-1]).__name__.lower()
        if any(word in kind for word in ("unbatch", "flatmap", "interleave", "window")):
            return False
        if "batch" in kind:
            found = tf.get_static_value(getattr(chain[-1], "_batch_size", None))
            return found is not None and sizes == {int(found)}
        chain.extend(chain.pop()._inputs()[:1])
    return False
