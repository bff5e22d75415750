"""Reads files in blocks, and writes their rows as shards of `tf.Example`s.

A hash of its values decides on the split of a row, its shard, and its place there. So the examples depend neither on
the order of the files, nor on where files and blocks begin and end, nor on how the work is spread.
"""

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow as tf

from components import shards
from components.errors import UserError
from components.example_gen import pieces
from components.example_gen.hashing import hash_rows
from components.example_gen.pieces import Piece
from components.example_gen.splits import Splits
from components.formats import source as sources
from components.formats.columns import Column
from components.formats.source import Block, Source, Survey
from reactive_schedules.printable import one_line

SHARD_BYTES = 2**25
"""Size of the examples in a shard, about."""

_ROWS = 2**13
"""Rows serialised at a time."""

_HASH = pa.field("hash", pa.uint64())
"""The last column of rows on their way; the data may have one of this name, too."""


@dataclass(frozen=True)
class Layout:
    """What all workers must agree on.

    Attributes:
        columns: The columns of all data.
        counts: Number of shards of each split.
    """

    columns: Mapping[str, Column]
    counts: tuple[int, ...]

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


class WriteShards(beam.PTransform):
    """Writes the rows of files as shards."""

    def __init__(
        self,
        source: Source,
        files: Sequence[Sequence[str]],
        splits: Splits,
        folders: Sequence[str],
        scratch: str,
    ) -> None:
        """Takes what is read and written.

        Args:
            source: Reads the files.
            files: The files of each input split.
            splits: The output splits.
            folders: Folder of each output split.
            scratch: Folder for files that all workers see, and that are not needed afterwards.
        """
        super().__init__()
        self._source, self._files, self._splits = source, files, splits
        self._folders, self._scratch = folders, scratch

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """Surveys all blocks, reads them, brings the pieces of a shard together and writes it."""
        files = [(origin, file) for origin, found in enumerate(self._files) for file in found]
        blocks = (
            pipeline
            | "Files" >> beam.Create(files)
            | "Blocks" >> beam.FlatMap(_blocks, self._source)
            | beam.Reshuffle()
        )
        surveys = (
            blocks
            | "Survey" >> beam.Map(_survey, self._source)
            | beam.CombinePerKey(sources.merge)
            | beam.combiners.ToDict()
        )
        layout = beam.pvalue.AsSingleton(surveys | "Layout" >> beam.Map(make_layout, self._splits))
        rows = blocks | "Read" >> beam.FlatMap(_read, self._source, self._splits, self._scratch, layout)
        none = pipeline | beam.Create([None]) | "All" >> beam.FlatMap(_nothing, layout)
        return (
            (rows, none)
            | beam.Flatten()
            | beam.GroupByKey()
            | "Write" >> beam.Map(_write, self._source, self._folders, layout)
        )


def make_layout(surveys: Mapping[int, Survey], splits: Splits) -> Layout:
    """Lays out the shards.

    Args:
        surveys: Survey of each input split.
        splits: The output splits.
    """
    sizes = splits.sizes({origin: survey.size for origin, survey in surveys.items()})
    counts = tuple(max(1, math.ceil(size / SHARD_BYTES)) for size in sizes)
    return Layout(sources.merge(surveys.values()).columns, counts)


def _blocks(file: tuple[int, str], source: Source) -> Iterator[tuple[int, Block]]:
    origin, path = file
    return ((origin, block) for block in source.blocks(path))


def _survey(block: tuple[int, Block], source: Source) -> tuple[int, Survey]:
    return block[0], source.survey(block[1])


def _read(
    found: tuple[int, Block], source: Source, splits: Splits, folder: str, layout: Layout
) -> Iterator[tuple[int, Piece]]:
    """Yields the pieces of a block, each with the number of its shard."""
    origin, block = found
    with _space(folder, layout):
        yield from pieces.write(
            folder, block.file, block.start, _hashed(origin, block, source, splits, layout)
        )


def _hashed(
    origin: int, block: Block, source: Source, splits: Splits, layout: Layout
) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    """Yields rows with their hashes, and the shard of each."""
    for values, rows in source.read(block, layout.columns):
        hashes = hash_rows(values)
        hashed = pa.RecordBatch.from_arrays(
            [*rows.columns, pa.array(hashes)], schema=rows.schema.append(_HASH)
        )
        yield hashed, layout.shard(splits.of(values, hashes, origin), hashes)


def _nothing(_: None, layout: Layout) -> Iterator[tuple[int, Piece]]:
    """A piece without rows for every shard, so that each is written."""
    return ((shard, pieces.NOTHING) for shard in range(sum(layout.counts)))


def _write(
    group: tuple[int, Iterable[Piece]], source: Source, folders: Sequence[str], layout: Layout
) -> None:
    """Writes a shard, its rows in the order of their hashes."""
    shard, found = group
    split, index = layout.place(shard)
    table = pieces.read(found, source.schema(layout.columns).append(_HASH))
    hashes = table.column(table.num_columns - 1).to_numpy()
    # Different rows with the same hash stay in the order of the data.
    order = np.argsort(hashes, kind="stable")
    rows = table.remove_column(table.num_columns - 1).take(pa.array(order))
    name = shards.name(index, layout.counts[split])
    with _space(folders[split], layout):
        shards.write(f"{folders[split]}/{name}", _encoded(rows, source))


@contextlib.contextmanager
def _space(folder: str, layout: Layout) -> Iterator[None]:
    """Says how much space is needed if a folder's disk is full."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        needed = sum(layout.counts) * SHARD_BYTES / 2**30
        raise UserError(
            f"{folder}: cannot be written: {one_line(error.message)}; the ExampleGen needs about {needed:.1f} GiB "
            "there for a while, the size of the data without compression; free some space"
        ) from None


def _encoded(rows: pa.Table, source: Source) -> Iterator[bytes]:
    for batch in rows.to_batches(_ROWS):
        yield from source.encode(batch)
