"""Reads CSV files for training."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from components.errors import UserError
from components.formats.cells.numbers import Kind, kind_of_column, numbers
from components.formats.columns import Column
from components.formats.csv import header as csv_header
from components.formats.csv import image_paths
from components.formats.csv.encoding import UTF_8, UTF_16
from components.formats.csv.header import Header
from components.formats.csv.rows import CsvRows, find_encoding, is_packed, parse, to_utf_8, used_columns
from components.formats.csv.text import whole_rows
from components.formats.rows import NoRowsError
from components.formats.source import (
    BLOCK_BYTES,
    Block,
    Survey,
    TableSource,
    check_names,
    size_of,
)


class _Form(NamedTuple):
    """How a file is written.

    Attributes:
        encoding: Encoding of its text.
        header: What its first rows say.
    """

    encoding: str
    header: Header


class CsvSource(TableSource):
    """See `components.formats.source.Source`.

    The unit of a block is bytes; a file that is compressed or in UTF-16, which cannot be read from the middle, is one
    block.
    """

    def blocks(self, file: str) -> Iterator[Block]:
        """See `Source`."""
        encoding = find_encoding(file)
        if is_packed(file) or encoding == UTF_16:
            rows = CsvRows(file, nulls=True, encoding=encoding)
            check_names(rows.schema.names, file)
            yield Block(file, 0, 0, tuple(rows.schema.names), _Form(encoding, rows.header))
            return
        with Path(file).open("rb") as stream:
            parts = whole_rows(stream, file)
            first = next(parts, b"")
            header, rows = csv_header.read(to_utf_8(first, encoding), file)
            names, form = used_columns(header), _Form(encoding, header)
            check_names(names, file)
            # The rest of the first block is the same text, but may take other bytes.
            rows = len(rows) if encoding == UTF_8 else len(rows.decode().encode(encoding))
            start, stop = len(first) - rows, len(first)
            for part in parts:
                if stop - start >= BLOCK_BYTES:
                    yield Block(file, start, stop, names, form)
                    start = stop
                stop += len(part)
        yield Block(file, start, stop, names, form)

    def survey(self, block: Block) -> Survey:
        """See `Source`."""
        found, size = {name: Kind.EMPTY for name in block.columns}, 0
        for cells in self.plain(block, self._batches(block, is_checked=True)):
            length = sum(pc.sum(pc.binary_length(column)).as_py() or 0 for column in cells.columns)
            size += size_of(block.columns, cells.num_rows, length)
            for name, column in zip(block.columns, cells.columns, strict=True):
                found[name] = max(found[name], self._kind(name, column))
        return Survey(size, {name: Column(kind) for name, kind in found.items()})

    def _kind(self, name: str, cells: pa.Array) -> Kind:
        if name in self.reading.images:
            return Kind.TEXT
        kind = kind_of_column(cells)
        return Kind.TEXT if kind != Kind.EMPTY and self.reading.is_written(name) else kind

    def batches(self, block: Block) -> Iterator[pa.RecordBatch]:
        """See `TableSource`."""
        return self._batches(block)

    def _batches(self, block: Block, *, is_checked: bool = False) -> Iterator[pa.RecordBatch]:
        """Reads a block, images included.

        Args:
            block: The block.
            is_checked: Whether to decode the images, because damage may be anywhere.
        """
        columns, folder = (
            [name for name in block.columns if name in self.reading.images],
            Path(block.file).parent,
        )
        for batch in self._cells(block):
            yield from (
                image_paths.loaded(batch, columns, folder, is_checked=is_checked) if columns else [batch]
            )

    def _cells(self, block: Block) -> Iterator[pa.RecordBatch]:
        """Reads a block as text."""
        form: _Form = block.form
        if not block.stop:
            with contextlib.suppress(NoRowsError):
                yield from CsvRows(block.file, nulls=True, encoding=form.encoding).batches()
            return
        with Path(block.file).open("rb") as stream:
            stream.seek(block.start)
            rows = to_utf_8(stream.read(block.stop - block.start), form.encoding)
        try:
            yield from parse(rows, form.header, block.columns, nulls=True)
        except pa.ArrowInvalid as error:
            for _ in CsvRows(block.file, nulls=True).batches():  # counts the rows before the fault
                pass
            raise UserError(f"{block.file}: cannot be read: {error}") from None

    def convert(self, block: Block, name: str, values: pa.Array, column: Column) -> pa.Array:
        """See `TableSource`."""
        if column.kind == Kind.EMPTY:
            return pa.nulls(len(values))
        is_text = column.kind == Kind.TEXT
        typed = values if is_text else numbers(values, column.kind)
        return typed.cast(column.type, safe=False)
