"""How an ExampleGen reads the files of a format: block by block, first to learn the types, then to read the rows."""

import abc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components.errors import UserError
from components.formats import columns
from components.formats.cells.numbers import is_number
from components.formats.cells.reading import PLAIN, Reading, UnreadCell
from components.formats.columns import Column

BLOCK_BYTES = 2**24
"""Size at which a block of a file ends; a worker reads one at a time."""

_OVERHEAD = 12
"""Bytes that a feature takes in a `tf.Example` besides its name and values, about."""


class Block(NamedTuple):
    """A part of a file.

    Attributes:
        file: Path of the file.
        start, stop: Where it begins and ends, in a unit of the format's own, such as bytes.
        columns: Names of the columns, in the order of the file, if the format is a table.
        form: What else the format must know to read it.
    """

    file: str
    start: int
    stop: int
    columns: tuple[str, ...] = ()
    form: Any = None


@dataclass(frozen=True)
class Survey:
    """What must be known of all data before the first row is read.

    Attributes:
        size: Size of the serialised examples in bytes, about.
        columns: The columns, if the format is a table.
    """

    size: int = 0
    columns: Mapping[str, Column] = field(default_factory=dict)


def merge(surveys: Iterable[Survey]) -> Survey:
    """Returns the survey of several parts of the data, in any order."""
    surveys = list(surveys)
    return Survey(sum(survey.size for survey in surveys), columns.merge(survey.columns for survey in surveys))


class Source(abc.ABC):
    """Reads the files of one format.

    All methods raise `UserError`, with the file and, where there is one, the row, if a file is damaged.
    """

    def __init__(self, reading: Reading = PLAIN) -> None:
        """Takes how cells become values."""
        self.reading = reading

    def units(self, files: Sequence[Path]) -> list[str]:
        """Returns what `blocks` takes: the files, or, where they are many and small, lists of them."""
        return [str(file) for file in files]

    @abc.abstractmethod
    def blocks(self, file: str) -> Iterator[Block]:
        """Cuts a file, or what else `units` returns, into blocks that can be read on their own, in order; cheap."""

    @abc.abstractmethod
    def survey(self, block: Block) -> Survey:
        """Describes a block."""

    @abc.abstractmethod
    def schema(self, found: Mapping[str, Column]) -> pa.Schema:
        """Returns the columns of the rows that `read` yields, given those of all data."""

    @abc.abstractmethod
    def read(
        self, block: Block, found: Mapping[str, Column]
    ) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """Reads a block.

        Yields:
            The values of the features, as plain columns or columns of lists; and the same rows as `encode` takes them.
        """

    @abc.abstractmethod
    def encode(self, rows: pa.RecordBatch) -> list[bytes]:
        """Serialises rows as `tf.Example`s."""


class TableSource(Source):
    """What the sources of tables share."""

    @abc.abstractmethod
    def batches(self, block: Block) -> Iterable[pa.RecordBatch]:
        """Reads a block as it is stored."""

    def plain(self, block: Block, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yields the batches of a block with numbers and gaps in plain form where they are text.

        Raises:
            UserError: A cell is not a number of its column's style.
        """
        concerned = [name for name in block.columns if not self.reading.is_plain(name)]
        for batch in batches:
            for name in concerned:
                place = batch.schema.get_field_index(name)
                values = batch.column(place)
                if columns.is_text(values.type) or columns.is_text_in_dictionary(values.type):
                    batch = batch.set_column(place, name, self._read(block.file, name, values))
                elif is_number(values.type):
                    batch = batch.set_column(place, name, self.reading.filled(name, values))
            yield batch

    def _read(self, file: str, name: str, values: pa.Array) -> pa.Array:
        try:
            return self.reading.plain(name, values.cast(pa.string()))
        except UnreadCell as error:
            raise UserError(
                f"{file}: column {name!r}: {error}; correct data.numbers, or add such cells to data.missing"
            ) from None

    @abc.abstractmethod
    def convert(self, block: Block, name: str, values: pa.Array, column: Column) -> pa.Array:
        """Converts values of a column of `batches` to the type of the column."""

    def read(
        self, block: Block, found: Mapping[str, Column]
    ) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """See `Source`."""
        check_columns(block, found)
        for batch in self.plain(block, self.batches(block)):
            values = [self.convert(block, name, batch.column(name), column) for name, column in found.items()]
            rows = pa.RecordBatch.from_arrays(values, schema=self.schema(found))
            yield rows, rows

    def schema(self, found: Mapping[str, Column]) -> pa.Schema:
        """See `Source`."""
        return columns.schema(found)

    def encode(self, rows: pa.RecordBatch) -> list[bytes]:
        """See `Source`."""
        encoded = pa.RecordBatch.from_arrays([_lists(column) for column in rows.columns], rows.schema.names)
        return RecordBatchToExamplesEncoder().encode(encoded)


def check_names(names: Sequence[str], file: str) -> None:
    """Checks the names of a file's columns.

    Raises:
        UserError: One of them cannot be the name of a feature.
    """
    if fault := columns.unusable_name(names):
        raise UserError(f"{file}: {fault}")


def size_of(names: Iterable[str], rows: int, value_bytes: int) -> int:
    """Estimates the size of the examples of a table in bytes.

    Args:
        names: Names of the columns.
        rows: Number of rows.
        value_bytes: Size of all values.
    """
    return rows * sum(len(name) + _OVERHEAD for name in names) + value_bytes


def check_columns(block: Block, found: Mapping[str, Column]) -> None:
    """Checks that a file has the columns that all files have.

    Raises:
        UserError: A column is missing.
    """
    if different := columns.difference(block.columns, found):
        raise UserError(
            f"{block.file}: the columns differ from the other files': {different}; all files need the same columns"
        )


def _lists(column: pa.Array) -> pa.Array:
    if pa.types.is_null(column.type):  # becomes a feature without a type
        return pa.nulls(len(column), pa.large_list(pa.int64()))
    return columns.lists(*columns.flatten(column))
