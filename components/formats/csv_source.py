"""Reads CSV files for training."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from components.errors import UserError
from components.formats.columns import Column, schema
from components.formats.csv import CsvRows, parse
from components.formats.csv_text import header, whole_rows
from components.formats.numbers import Kind, kind_of_column, numbers
from components.formats.source import (
    BLOCK_BYTES,
    Block,
    Survey,
    TableSource,
    check_columns,
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
        for cells in _parse(block):
            length = sum(pc.sum(pc.binary_length(column)).as_py() or 0 for column in cells.columns)
            size += size_of(block.columns, cells.num_rows, length)
            for name, column in zip(block.columns, cells.columns, strict=True):
                found[name] = max(found[name], kind_of_column(column))
        return Survey(size, {name: Column(kind) for name, kind in found.items()})

    def read(
        self, block: Block, found: Mapping[str, Column]
    ) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """See `Source`."""
        check_columns(block, found)
        for cells in _parse(block):
            values = [_values(cells.column(name), column) for name, column in found.items()]
            rows = pa.RecordBatch.from_arrays(values, schema=schema(found))
            yield rows, rows


def _parse(block: Block) -> list[pa.RecordBatch]:
    with Path(block.file).open("rb") as stream:
        stream.seek(block.start)
        rows = stream.read(block.stop - block.start)
    try:
        return parse(rows, block.columns, nulls=True)
    except pa.ArrowInvalid as error:
        for _ in CsvRows(block.file).batches():  # counts the rows before the fault
            pass
        raise UserError(f"{block.file}: cannot be read: {error}") from None


def _values(cells: pa.Array, column: Column) -> pa.Array:
    if column.kind == Kind.EMPTY:
        return pa.nulls(len(cells))
    values = cells if column.kind == Kind.TEXT else numbers(cells, column.kind)
    return values.cast(column.type, safe=False)
