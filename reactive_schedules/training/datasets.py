"""TensorFlow's datasets on other backends."""

import sys
from typing import Any

from reactive_schedules.training.source import Source


def dataset_source(data: Any, name: str) -> Source | None:
    """A source of NumPy batches for a `tf.data.Dataset`; None for other data."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not isinstance(data, tensorflow.data.Dataset):
        return None
    from reactive_schedules.training.tensorflow.sources import DatasetSource

    return _NumpyBatches(DatasetSource(data, name))


class _NumpyBatches:
    """The batches of a dataset as NumPy arrays."""

    def __init__(self, source: Any) -> None:
        self._source, self.examples, self.parts = source, source.examples, source.parts

    def batches(self, batch_size: int, start: int, seed: int, epoch: int | None) -> Any:
        """See `Source`."""
        return self._source.batches(batch_size, start, seed, epoch).as_numpy_iterator()
