"""The interface of a source of examples, for any backend."""

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Source(Protocol):
    """A source of examples that `reactive_schedules.fit` can train or validate on.

    Attributes:
        examples: Exact number of examples in an epoch.

    Example:
        >>> class Generated:
        ...     examples = 64
        ...     def batches(self, batch_size, start, seed, epoch):
        ...         return tf.data.Dataset.from_tensor_slices((x, y)).skip(start).batch(batch_size)
        >>> isinstance(Generated(), rs.Source)
        True
    """

    examples: int

    def batches(self, batch_size: int, start: int, seed: int, epoch: int | None) -> Any:
        """The batches of an epoch, `(x, y)` or `(x, y, sample_weight)`; the last one may be smaller.

        On TensorFlow, returns a `tf.data.Dataset`; on JAX and PyTorch, an iterable of nests of NumPy arrays.

        Args:
            batch_size: Batch size, in examples.
            start: Number of examples to skip, when training resumes inside an epoch.
            seed, epoch: Seed and epoch, which alone determine the order; epoch None keeps the natural order.
        """
