"""How the rows are laid out in shards, which all workers must agree on."""

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from components.errors import UserError
from components.example_gen.splits import Splits
from components.formats import source as sources
from components.formats.columns import Column
from components.formats.source import Survey
from reactive_schedules.printable import one_line

SHARD_BYTES = 2**25
"""Size of the examples in a shard, about."""


@dataclass(frozen=True)
class Layout:
    """What all workers must agree on.

    Attributes:
        columns: The columns of all data.
        counts: Number of shards of each split.
        cuts: Where the rule of the splits cuts the rows.
    """

    columns: Mapping[str, Column]
    counts: tuple[int, ...]
    cuts: Mapping[str, np.ndarray] = field(default_factory=dict)

    def shard(self, splits: np.ndarray, hashes: np.ndarray) -> np.ndarray:
        """Returns the number of the shard of each row, over all splits; higher hashes go to later shards."""
        counts = np.array(self.counts, np.uint64)
        places = (hashes >> np.uint64(32)) * counts[splits] >> np.uint64(32)
        return (np.cumsum(counts) - counts)[splits] + places

    def place(self, shard: int) -> tuple[int, int]:
        """Returns the split of a shard, and its number in the split."""
        starts = np.cumsum((0, *self.counts))
        split = int(np.searchsorted(starts, shard, side="right")) - 1
        return split, shard - int(starts[split])


def make_layout(
    surveys: Mapping[int, Survey], splits: Splits, cuts: Mapping[str, np.ndarray] | None = None
) -> Layout:
    """Lays out the shards.

    Args:
        surveys: Survey of each input split.
        splits: The output splits.
        cuts: Where the rule of the splits cuts the rows.
    """
    sizes = splits.rule.sizes({origin: survey.size for origin, survey in surveys.items()})
    counts = tuple(max(1, math.ceil(size / SHARD_BYTES)) for size in sizes)
    return Layout(sources.merge(surveys.values()).columns, counts, cuts or {})


@contextlib.contextmanager
def enough_space(folder: str, layout: Layout) -> Iterator[None]:
    """Says how much space is needed if a folder's disk is full."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        needed = sum(layout.counts) * SHARD_BYTES / 2**30
        raise UserError(
            f"{folder}: cannot be written: {one_line(error.message)}; the ExampleGen needs about {needed:.1f} GiB "
            "there for a while, the size of the data without compression; free some space"
        ) from None
