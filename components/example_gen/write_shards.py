"""Reads files in blocks, and writes their rows as shards of `tf.Example`s.

A hash of its values decides on the split of a row, its shard, and its place there. So the examples depend neither on
the order of the files, nor on where files and blocks begin and end, nor on how the work is spread.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import apache_beam as beam
import numpy as np
import pyarrow as pa

from components import shards
from components.example_gen import pieces, space, tally
from components.example_gen.layout import Layout, enough_space, make_layout
from components.example_gen.pieces import Piece
from components.example_gen.read_rows import COUNTS, HASH, HASHES, PIECES, Reader
from components.example_gen.settings import Settings
from components.example_gen.splits import Splits
from components.formats import source as sources
from components.formats.source import Block, Source, Survey

_ROWS = 2**13
"""Rows serialised at a time."""

TALLY = "tally.json"
"""File of what was counted, see `components.example_gen.tally`."""


class WriteShards(beam.PTransform):
    """Writes the rows of files as shards."""

    def __init__(
        self,
        source: Source,
        files: Sequence[Sequence[str]],
        splits: Splits,
        settings: Settings,
        folders: Sequence[str],
        scratch: str,
    ) -> None:
        """Takes what is read and written.

        Args:
            source: Reads the files.
            files: The files of each input split.
            splits: The output splits.
            settings: The label, without which rows are left out.
            folders: Folder of each output split.
            scratch: Folder for files that all workers see, and that are not needed afterwards; `TALLY` is left there.
        """
        super().__init__()
        self._source, self._files, self._folders, self._scratch = source, files, folders, scratch
        self._reader = Reader(source, splits, settings, scratch)

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
        splits = self._reader.splits
        cuts = beam.pvalue.AsSingleton(pipeline | "NoCuts" >> beam.Create([{}]))
        if splits.rule.ranked:
            merged = surveys | "Columns" >> beam.Map(lambda found: sources.merge(found.values()).columns)
            cuts = beam.pvalue.AsSingleton(
                blocks
                | "Rank" >> beam.FlatMap(self._reader.rank, beam.pvalue.AsSingleton(merged))
                | beam.CombinePerKey(splits.rule.merged)
                | "Ranked" >> beam.combiners.ToDict()
                | "Cut" >> beam.Map(splits.rule.cuts)
            )
        layout = beam.pvalue.AsSingleton(
            surveys
            | "Space" >> beam.Map(_check_space, self._scratch)
            | "Layout" >> beam.Map(make_layout, splits, cuts)
        )
        read = blocks | "Read" >> beam.FlatMap(self._reader.read, layout).with_outputs(
            COUNTS, HASHES, main=PIECES
        )
        none = pipeline | beam.Create([None]) | "All" >> beam.FlatMap(_nothing, layout)
        equal = read[HASHES] | "ByHash" >> beam.GroupByKey() | "Equal" >> beam.Map(_equal, splits.names)
        _ = (
            (read[COUNTS], equal)
            | "Counts" >> beam.Flatten()
            | beam.CombineGlobally(tally.merge)
            | "Tally" >> beam.Map(tally.write, f"{self._scratch}/{TALLY}")
        )
        return (
            (read[PIECES], none)
            | beam.Flatten()
            | beam.GroupByKey()
            | "Write" >> beam.Map(_write, self._source, self._folders, layout)
        )


def _blocks(file: tuple[int, str], source: Source) -> Iterator[tuple[int, Block]]:
    origin, path = file
    return ((origin, block) for block in source.blocks(path))


def _check_space(surveys: Mapping[int, Survey], folder: str) -> Mapping[int, Survey]:
    """Checks that all rows fit on the disk before any is written."""
    space.check(folder, sum(survey.size for survey in surveys.values()))
    return surveys


def _survey(block: tuple[int, Block], source: Source) -> tuple[int, Survey]:
    return block[0], source.survey(block[1])


def _equal(group: tuple[int, Iterable[tuple[int, np.ndarray]]], names: Sequence[str]) -> tally.Counts:
    return tally.equal_rows(group[1], names)


def _nothing(_: None, layout: Layout) -> Iterator[tuple[int, Piece]]:
    """A piece without rows for every shard, so that each is written."""
    return ((shard, pieces.NOTHING) for shard in range(sum(layout.counts)))


def _write(
    group: tuple[int, Iterable[Piece]], source: Source, folders: Sequence[str], layout: Layout
) -> None:
    """Writes a shard, its rows in the order of their hashes."""
    shard, found = group
    split, index = layout.place(shard)
    table = pieces.read(found, source.schema(layout.columns).append(HASH))
    hashes = table.column(table.num_columns - 1).to_numpy()
    # Different rows with the same hash stay in the order of the data.
    order = np.argsort(hashes, kind="stable")
    rows = table.remove_column(table.num_columns - 1).take(pa.array(order))
    name = shards.name(index, layout.counts[split])
    with enough_space(folders[split], layout):
        shards.write(f"{folders[split]}/{name}", _encoded(rows, source))


def _encoded(rows: pa.Table, source: Source) -> Iterator[bytes]:
    for batch in rows.to_batches(_ROWS):
        yield from source.encode(batch)
