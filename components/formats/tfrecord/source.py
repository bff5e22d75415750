"""Reads TFRecord files of `tf.Example`s for training."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from components.errors import UserError
from components.formats.columns import Column
from components.formats.source import Block, Source, Survey
from components.formats.tfrecord.records import size
from components.formats.tfrecord.rows import read_examples

_SCHEMA = pa.schema({"record": pa.large_binary()})


class ExampleSource(Source):
    """See `components.formats.source.Source`. A block is a file; records are written as they were read."""

    def blocks(self, file: str) -> Iterator[Block]:
        """See `Source`."""
        yield Block(file, 0, Path(file).stat().st_size)

    def survey(self, block: Block) -> Survey:
        """See `Source`."""
        try:
            return Survey(size(Path(block.file)))
        except ValueError as error:
            raise UserError(f"{block.file}: {error}") from None

    def schema(self, found: Mapping[str, Column]) -> pa.Schema:
        """See `Source`."""
        return _SCHEMA

    def read(
        self, block: Block, found: Mapping[str, Column]
    ) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """See `Source`."""
        for records, values in read_examples(Path(block.file), {}):
            kept = pa.array(records, pa.large_binary())
            if values.num_columns == 0:  # keeps the number of rows
                values = pa.RecordBatch.from_arrays([pa.nulls(len(kept))], [""])
            yield values, pa.RecordBatch.from_arrays([kept], schema=_SCHEMA)

    def encode(self, rows: pa.RecordBatch) -> list[bytes]:
        """See `Source`."""
        return rows.column("record").to_pylist()
