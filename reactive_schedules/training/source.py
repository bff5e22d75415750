"""What examples come from, whatever the backend."""

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Source(Protocol):
    """Anything that `reactive_schedules.fit` can train on or validate with.

    Attributes:
        examples: in one epoch, exactly.

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
        """One epoch's batches `(x, y)` or `(x, y, sample_weight)`, the last of which may be smaller.

        On TensorFlow they are a `tf.data.Dataset`.

        Args:
            batch_size: in examples.
            start: how many examples of the epoch to leave out, when training resumes inside it.
            seed, epoch: what alone decides the order; epoch None asks for the natural order.
        """
