"""Reads the rows of blocks, leaves out those without a label, and decides where each belongs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from components.example_gen import pieces, tally
from components.example_gen.cells import Cells
from components.example_gen.hashing import hash_rows
from components.example_gen.layout import Layout, enough_space
from components.example_gen.settings import Settings
from components.example_gen.splits import Splits
from components.formats.columns import Column, flatten
from components.formats.source import Block, Source

PIECES, COUNTS, HASHES = "pieces", "counts", "hashes"
"""Outputs of the workers that read."""

HASH = pa.field("hash", pa.uint64())
"""The last column of rows on their way; the data may have one of this name, too."""


@dataclass(frozen=True)
class Reader:
    """Reads blocks.

    Attributes:
        source: Reads the files.
        splits: The output splits.
        settings: The label.
        folder: Folder for the pieces.
    """

    source: Source
    splits: Splits
    settings: Settings
    folder: str

    def rank(self, found: tuple[int, Block], columns: Mapping[str, Column]) -> Iterator[tuple[str, Cells]]:
        """Yields what the rule of the splits must know of all rows."""
        for values, _, _ in self._labelled(found[1], columns):
            yield from self.splits.rule.counts(values, hash_rows(values))

    def read(self, found: tuple[int, Block], layout: Layout) -> Iterator[Any]:
        """Yields the pieces of a block, each with the number of its shard; counts; and hashes to find equal rows."""
        origin, block = found
        counts: tally.Counts = Counter()
        equal: list[tuple[np.ndarray, np.ndarray]] = []
        with enough_space(self.folder, layout):
            rows = self._hashed(origin, block, layout, counts, equal)
            yield from pieces.write(self.folder, block.file, block.start, rows)
        yield TaggedOutput(COUNTS, counts)
        for part, hashes in _by_range(equal, sum(layout.counts)):
            yield TaggedOutput(HASHES, (part, hashes))

    def _labelled(
        self, block: Block, columns: Mapping[str, Column]
    ) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch, int]]:
        """Yields the rows with a label, as `Source.read` does, and the number of those without."""
        label = self.settings.label
        for values, rows in self.source.read(block, columns):
            if not label:
                yield values, rows, 0
                continue
            kept = self._has_label(values)
            if missing := int(np.sum(~kept)):
                values, rows = values.filter(pa.array(kept)), rows.filter(pa.array(kept))
            yield values, rows, missing

    def _has_label(self, values: pa.RecordBatch) -> np.ndarray:
        """Whether each row has a label; an empty list of labels says that none applies."""
        place = values.schema.get_field_index(self.settings.label)
        if place < 0:
            return np.zeros(values.num_rows, bool)
        column = values.column(place)
        return np.asarray(column.is_valid()) if self.settings.separator == "" else flatten(column)[1] > 0

    def _hashed(
        self,
        origin: int,
        block: Block,
        layout: Layout,
        counts: tally.Counts,
        equal: list[tuple[np.ndarray, np.ndarray]],
    ) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
        """Yields rows with their hashes, and the shard of each; adds to the counts and hashes."""
        rule, names = self.splits.rule, self.splits.names
        for values, rows, missing in self._labelled(block, layout.columns):
            counts[tally.UNLABELLED,] += missing
            hashes = hash_rows(values)
            splits = rule.of(values, hashes, origin, layout.cuts)
            counts.update(
                tally.count(values, splits, names, self.settings.classes_of, self.settings.separator)
            )
            if rule.own:
                same = hash_rows(values.drop_columns(list(rule.marks))) if rule.marks else hashes
                equal.append((splits, same))
            hashed = pa.RecordBatch.from_arrays(
                [*rows.columns, pa.array(hashes)], schema=rows.schema.append(HASH)
            )
            yield hashed, layout.shard(splits, hashes)


def _by_range(
    found: Sequence[tuple[np.ndarray, np.ndarray]], parts: int
) -> Iterator[tuple[int, tuple[int, np.ndarray]]]:
    """Yields hashes by their range and split, so that equal ones meet."""
    if not found:
        return
    splits, hashes = (np.concatenate(each) for each in zip(*found, strict=True))
    ranges = ((hashes >> np.uint64(32)) * np.uint64(parts) >> np.uint64(32)).astype(int)
    for split in np.unique(splits).tolist():
        for part in np.unique(ranges[splits == split]).tolist():
            yield part, (split, hashes[(splits == split) & (ranges == part)])
