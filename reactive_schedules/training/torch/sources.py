"""Sources of examples: arrays and tensors in memory, or a `torch.utils.data.Dataset`."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    default_collate,
    default_convert,
)

from reactive_schedules.training import arrays
from reactive_schedules.training.order import order, stream_seed
from reactive_schedules.training.source import Source


class ArraySource(arrays.ArraySource):
    """Examples in memory; see the base class. Tensors may be on any device."""

    forms = "(x, y) or (x, y, sample_weight), a torch Dataset or DataLoader, or a Source with `examples` and `batches`"

    def _array(self, values: Any, name: str) -> Any:
        on_host = keras.ops.convert_to_numpy(values) if isinstance(values, torch.Tensor) else values
        return super()._array(on_host, name)


class LoaderSource:
    """The dataset of a `DataLoader`, in our order and in batches of any size.

    The loader says how to load and put together examples: `collate_fn`, workers, pinned memory. What draws random
    numbers in worker processes is seeded by the seed of the run and the epoch.

    Args:
        loader: Loader of a dataset that has a length and single examples `(x, y)` or `(x, y, sample_weight)`.
        name: Name of the argument, for error messages.

    Raises:
        ValueError: The dataset has no length or no examples, its examples have another form, or the loader chooses
            examples by a sampler of its own or drops some.
    """

    def __init__(self, loader: DataLoader, name: str = "train") -> None:
        self._loader, self._name = loader, name
        if isinstance(loader.dataset, IterableDataset) or not hasattr(loader.dataset, "__len__"):
            raise ValueError(
                f"{name}: the dataset must have a length and examples by number, so that each is seen once an epoch; "
                "pass a map-style Dataset, or an rs.Source"
            )
        _check_sampler(loader, name)
        self.examples: int = len(loader.dataset)
        if self.examples == 0:
            raise ValueError(f"{name}: has no examples")
        batch = next(iter(self.batches(1, 0, 0, None, workers=0)))
        if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
            found = f"{len(batch)} parts" if isinstance(batch, tuple | list) else type(batch).__name__
            raise ValueError(
                f"{name}: the dataset must yield (x, y) or (x, y, sample_weight); it yields {found}"
            )
        self.parts = keras.tree.map_structure(lambda part: part[0], tuple(batch))

    def check_batch_size(self, size: int) -> None:
        """Checks that the loader has batches of this size, if it has any.

        Raises:
            ValueError: It has others.
        """
        given = self._loader.batch_size
        if given not in (None, size):
            raise ValueError(
                f"{self._name}: the DataLoader has batches of {given} examples, but the spec of {size}; set "
                f"spec.batch_size to {given}, or pass the dataset"
            )

    def batches(
        self, batch_size: int, start: int, seed: int, epoch: int | None, workers: int | None = None
    ) -> Iterable[Any]:
        """See `Source`; `workers` replaces the number of the loader's."""
        given = self._loader
        chosen = np.arange(self.examples) if epoch is None else order(self.examples, seed, epoch)
        firsts = range(start, self.examples, batch_size)
        workers = given.num_workers if workers is None else workers
        collate = given.collate_fn
        return DataLoader(
            given.dataset,
            batch_sampler=[chosen[first : first + batch_size].tolist() for first in firsts],
            num_workers=workers,
            collate_fn=default_collate if collate is default_convert else collate,
            pin_memory=given.pin_memory,
            worker_init_fn=given.worker_init_fn,
            multiprocessing_context=given.multiprocessing_context if workers else None,
            prefetch_factor=given.prefetch_factor if workers else None,
            # Otherwise, it would draw from the generator of dropout.
            generator=torch.Generator().manual_seed(stream_seed(seed, epoch or 0)),
        )


def loader_source(data: Any, name: str) -> Source | None:
    """A source for a `DataLoader` or a `torch.utils.data.Dataset`; None for other data."""
    if isinstance(data, DataLoader):
        return LoaderSource(data, name)
    if isinstance(data, Dataset) and not isinstance(data, Source):
        return LoaderSource(DataLoader(data, batch_size=None), name)
    return None


def _check_sampler(loader: DataLoader, name: str) -> None:
    sampler = loader.sampler
    whole = type(sampler) is SequentialSampler or (
        type(sampler) is RandomSampler
        and not sampler.replacement
        and sampler.num_samples == len(sampler.data_source)
    )
    if not whole or type(loader.batch_sampler) not in (type(None), BatchSampler):
        own = sampler if not whole else loader.batch_sampler
        raise ValueError(
            f"{name}: the DataLoader chooses examples by {type(own).__name__}, but each must be seen once an epoch, in "
            "an order that the seed determines; pass its dataset, or an rs.Source"
        )
    if loader.drop_last:
        raise ValueError(f"{name}: the DataLoader drops the last examples of an epoch; set drop_last=False")
