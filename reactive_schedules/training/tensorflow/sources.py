"""Sources of examples: arrays in memory, or a `tf.data.Dataset`."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from reactive_schedules.training.order import order, stream_seed
from reactive_schedules.training.source import Source

SHUFFLE_BUFFER = 10_000  # examples; larger datasets are shuffled only locally


class ArraySource:
    """Examples in memory.

    Args:
        arrays: `(x, y)` or `(x, y, sample_weight)`, each an array or a nest (dict, tuple, list) of arrays with the
            examples along the first axis. Floats are converted to Keras' float type.
        name: Name of the argument, for error messages.

    Attributes:
        arrays: The arrays as tensors, with tuples instead of lists, because `tf.data` would stack lists.
        examples: Number of examples.

    Raises:
        ValueError: `arrays` has another form, arrays of different lengths, or no examples.
    """

    def __init__(self, arrays: tuple, name: str = "train") -> None:
        if not isinstance(arrays, tuple | list) or len(arrays) not in (2, 3):
            raise ValueError(
                f"{name}: must be (x, y) or (x, y, sample_weight), a tf.data.Dataset of single examples, or a "
                f"Source with `examples` and `batches`; got {type(arrays).__name__}"
            )
        if len(arrays) == 3 and arrays[2] is None:
            arrays = arrays[:2]
        parts = zip(("x", "y", "sample_weight"), arrays, strict=False)
        self.arrays = tuple(_tensors(part, f"{name}: {what}") for what, part in parts)
        lengths = {len(array) for array in keras.tree.flatten(self.arrays)}
        if len(lengths) != 1:
            raise ValueError(
                f"{name}: all arrays must have the same number of examples; got {sorted(lengths)}"
            )
        self.examples = lengths.pop()
        if self.examples == 0:
            raise ValueError(f"{name}: has no examples")

    def order(self, seed: int, epoch: int | None) -> np.ndarray:
        """The order of the examples in an epoch: int64, shape [examples]."""
        return np.arange(self.examples) if epoch is None else order(self.examples, seed, epoch)

    def batches(self, batch_size: int, start: int, seed: int, epoch: int | None) -> tf.data.Dataset:
        """See `Source`."""
        indices = tf.data.Dataset.from_tensor_slices(self.order(seed, epoch)[start:]).batch(batch_size)
        return indices.map(
            lambda chosen: keras.tree.map_structure(lambda array: tf.gather(array, chosen), self.arrays)
        ).prefetch(tf.data.AUTOTUNE)


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
        if all(shape.rank and shape[0] is None for shape in shapes):
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


def check_rank(model: keras.Model, source: Source, name: str) -> None:
    """Checks that a dataset yields single examples, if the model declares its inputs.

    Raises:
        ValueError: The elements have too many axes, as in a batched dataset.
    """
    if not isinstance(source, DatasetSource):
        return
    taken = [len(tensor.shape) for tensor in keras.tree.flatten(getattr(model, "inputs", None) or [])]
    inputs, *_ = source.parts
    given = [spec.shape.rank or 0 for spec in keras.tree.flatten(inputs)]
    if len(taken) == len(given) and any(a >= b for a, b in zip(sorted(given), sorted(taken), strict=True)):
        raise ValueError(
            f"{name}: an example has {max(given)} axes, but the model expects {max(taken) - 1}; "
            "if the dataset is batched, pass dataset.unbatch()"
        )


def _tensors(values: Any, name: str) -> Any:
    """Converts to tensors, because a graph would embed an array as a constant."""
    if isinstance(values, dict):
        return {key: _tensors(value, f"{name}[{key!r}]") for key, value in values.items()}
    if isinstance(values, list | tuple):
        return tuple(_tensors(value, f"{name}[{index}]") for index, value in enumerate(values))
    array = values if tf.is_tensor(values) else np.asarray(values)
    if len(array.shape) == 0:
        raise ValueError(
            f"{name}: must be an array; got {type(values).__name__}; convert it with numpy.asarray"
        )
    try:
        tensor = tf.convert_to_tensor(array)
    except (TypeError, ValueError):
        raise ValueError(
            f"{name}: must contain numbers or text, got {array.dtype}; convert the values first"
        ) from None
    return tf.cast(tensor, keras.config.floatx()) if tensor.dtype.is_floating else tensor
