"""Reads Parquet files for training."""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from components.errors import UserError
from components.formats import columns
from components.formats.cells.numbers import column_of_numbers
from components.formats.columns import Column, is_list, merge
from components.formats.parquet.columns import convert, kind_of_values, value_bytes, values_of
from components.formats.parquet.rows import ParquetRows
from components.formats.rows import RECORDS
from components.formats.source import (
    BLOCK_BYTES,
    Block,
    Survey,
    TableSource,
    check_names,
    size_of,
)


class ParquetSource(TableSource):
    """See `components.formats.source.Source`. The unit of a block is row groups."""

    def blocks(self, file: str) -> Iterator[Block]:
        """See `Source`."""
        rows = ParquetRows(file)
        groups, names = rows.metadata.num_row_groups, tuple(rows.schema.names)
        check_names(names, file)
        start = size = 0
        for group in range(groups):
            size += rows.metadata.row_group(group).total_byte_size
            if size >= BLOCK_BYTES:
                yield Block(file, start, group + 1, names)
                start, size = group + 1, 0
        if start < groups or not groups:
            yield Block(file, start, groups, names)

    def survey(self, block: Block) -> Survey:
        """See `Source`."""
        found, size = [dict.fromkeys(block.columns, Column())], 0
        for batch in self.plain(block, self.batches(block)):
            size += size_of(block.columns, batch.num_rows, sum(map(value_bytes, batch.columns)))
            found.append(
                {
                    name: _on(block.file, name, self._column, name, batch.column(name))
                    for name in block.columns
                }
            )
        return Survey(size, merge(found))

    def batches(self, block: Block) -> Iterator[pa.RecordBatch]:
        """See `TableSource`."""
        rows, groups = ParquetRows(block.file), range(block.start, block.stop)
        meta = [rows.metadata.row_group(group) for group in groups]
        total = sum(group.total_byte_size for group in meta)
        row_bytes = total // max(1, sum(group.num_rows for group in meta))
        for batch in rows.read(groups, max(1, min(RECORDS, BLOCK_BYTES // (row_bytes + 1)))):
            # Dictionaries hold values once that take many times their size in the rows.
            size = sum(map(value_bytes, batch.columns))
            step = max(1, batch.num_rows * BLOCK_BYTES // (size + 1))
            yield from (batch.slice(start, step) for start in range(0, batch.num_rows, step))

    def convert(self, block: Block, name: str, values: pa.Array, column: Column) -> pa.Array:
        """See `TableSource`."""
        return _on(block.file, name, convert, self._typed(name, values), column)

    def _column(self, name: str, values: pa.Array) -> Column:
        values = self._typed(name, values)
        return Column(kind_of_values(values_of(values)[0]), is_list(values.type))

    def _typed(self, name: str, values: pa.Array) -> pa.Array:
        """Numbers if the column has numbers that are written as text."""
        is_written = columns.is_text(values.type) and self.reading.has_numbers(name)
        return column_of_numbers(values)[1] if is_written else values


def _on(file: str, name: str, function: Callable, *arguments: object) -> Any:
    """Calls a function of a column; what it raises names the column."""
    try:
        return function(*arguments)
    except UserError as error:
        raise UserError(f"{file}: column {name!r} {error}") from None
