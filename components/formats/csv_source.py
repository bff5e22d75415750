"""Reads CSV files for training."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from components.errors import UserError
from components.formats.columns import Column
from components.formats.csv import CsvRows, parse
from components.formats.csv_text import header, whole_rows
from components.formats.numbers import Kind, kind_of_column, numbers
from components.formats.source import (
    BLOCK_BYTES,
    Block,
    Survey,
    TableSource,
    check_names,
    size_of,
)


class CsvSource(TableSource):
    """See `components.formats.source.Source`. The unit of a block is bytes."""

    def blocks(self, file: str) -> Iterator[Block]:
        """See `Source`."""
        with Path(file).open("rb") as stream:
            parts = whole_rows(stream, file)
            first = next(parts, b"")
            names, rows = header(first, file)
            check_names(names, file)
            start, stop = len(first) - len(rows), len(first)
            for part in parts:
                if stop - start >= BLOCK_BYTES:
                    yield Block(file, start, stop, tuple(names))
                    start = stop
                stop += len(part)
        yield Block(file, start, stop, tuple(names))

    def survey(self, block: Block) -> Survey:
        """See `Source`."""
        found, size = {name: Kind.EMPTY for name in block.columns}, 0
        for cells in self.batches(block):
            length = sum(pc.sum(pc.binary_length(column)).as_py() or 0 for column in cells.columns)
            size += size_of(block.columns, cells.num_rows, length)
            for name, column in zip(block.columns, cells.columns, strict=True):
                found[name] = max(found[name], kind_of_column(column))
        return Survey(size, {name: Column(kind) for name, kind in found.items()})

    def batches(self, block: Block) -> list[pa.RecordBatch]:
        """See `TableSource`."""
        with Path(block.file).open("rb") as stream:
            stream.seek(block.start)
            rows = stream.read(block.stop - block.start)
        try:
            return parse(rows, block.columns, nulls=True)
        except pa.ArrowInvalid as error:
            for _ in CsvRows(block.file).batches():  # counts the rows before the fault
                pass
            raise UserError(f"{block.file}: cannot be read: {error}") from None

    def convert(self, block: Block, name: str, values: pa.Array, column: Column) -> pa.Array:
        """See `TableSource`."""
        if column.kind == Kind.EMPTY:
            return pa.nulls(len(values))
        typed = values if column.kind == Kind.TEXT else numbers(values, column.kind)
        return typed.cast(column.type, safe=False)
