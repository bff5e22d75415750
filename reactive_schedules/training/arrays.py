"""Examples in memory, for any backend."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from reactive_schedules.training.order import order

_LARGEST = 2**31 - 1  # JAX and many GPU kernels take 32-bit integers; JAX cuts longer ones without a word


class ArraySource:
    """Examples in memory.

    Args:
        arrays: `(x, y)` or `(x, y, sample_weight)`, each an array or a nest (dict, tuple, list) of arrays with the
            examples along the first axis. Floats are converted to Keras' float type.
        name: Name of the argument, for error messages.

    Attributes:
        arrays: The arrays, with tuples instead of lists.
        examples: Number of examples.

    Raises:
        ValueError: `arrays` has another form, arrays of different lengths, or no examples.
    """

    forms = "(x, y) or (x, y, sample_weight), or a Source with `examples` and `batches`"

    def __init__(self, arrays: Any, name: str = "train") -> None:
        if not isinstance(arrays, tuple | list) or len(arrays) not in (2, 3):
            raise ValueError(f"{name}: must be {self.forms}; got {type(arrays).__name__}")
        if len(arrays) == 3 and arrays[2] is None:
            arrays = arrays[:2]
        parts = zip(("x", "y", "sample_weight"), arrays, strict=False)
        self.arrays = tuple(self._nest(part, f"{name}: {what}") for what, part in parts)
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

    def batches(self, batch_size: int, start: int, seed: int, epoch: int | None) -> Any:
        """See `Source`."""
        return self._slices(self.order(seed, epoch), batch_size, start)

    def _slices(self, chosen: np.ndarray, batch_size: int, start: int) -> Iterator[Any]:
        for first in range(start, self.examples, batch_size):
            indices = chosen[first : first + batch_size]
            yield keras.tree.map_structure(lambda array: array[indices], self.arrays)  # noqa: B023

    def _nest(self, values: Any, name: str) -> Any:
        if isinstance(values, dict):
            return {key: self._nest(value, f"{name}[{key!r}]") for key, value in values.items()}
        if isinstance(values, list | tuple):
            return tuple(self._nest(value, f"{name}[{index}]") for index, value in enumerate(values))
        if len(getattr(values, "shape", None) or np.shape(values)) == 0:
            raise ValueError(
                f"{name}: must be an array; got {type(values).__name__}; convert it with numpy.asarray"
            )
        return self._array(values, name)

    def _array(self, values: Any, name: str) -> Any:
        """Converts one array to what the backend takes."""
        array = np.asarray(values)
        if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
            raise ValueError(f"{name}: must contain numbers, got {array.dtype}; convert the values first")
        if array.dtype.itemsize == 8 and array.dtype.kind in "iu" and array.size:
            if max(int(array.max()), -int(array.min())) > _LARGEST:
                raise ValueError(
                    f"{name}: integers must fit in 32 bits on the {keras.backend.backend()} backend, got "
                    f"{array.max()}; renumber them, or convert them to floats"
                )
            array = array.astype("int32")
        return array.astype(keras.config.floatx(), copy=False) if array.dtype.kind == "f" else array
