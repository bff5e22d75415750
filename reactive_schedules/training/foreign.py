"""Data of other libraries, and why some of it cannot be trained on."""

import sys
from typing import Any

import keras

from reactive_schedules.training.source import Source


def refuse_batched(data: Any, name: str) -> None:
    """Refuses data that choose their own batches.

    Raises:
        ValueError: `data` is a `keras.utils.PyDataset` or a PyTorch `DataLoader`.
    """
    torch = sys.modules.get("torch")
    loader = torch is not None and isinstance(data, torch.utils.data.DataLoader)
    if loader or isinstance(data, keras.utils.PyDataset):
        kind = "DataLoader" if loader else "PyDataset"
        raise ValueError(
            f"{name}: a {kind} chooses the size and the order of its batches, so a training could neither grow its "
            "batch nor resume; pass arrays, or an rs.Source"
        )


def dataset_source(data: Any, name: str) -> Source | None:
    """A source of NumPy batches for a `tf.data.Dataset` on a backend other than TensorFlow; None for other data."""
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
