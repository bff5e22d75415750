"""Interfaces for reading and writing rows in batches."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from components.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

STANDARD_STREAM = "-"
"""File name that stands for standard input or output, both as CSV."""

RECORDS = 4096
"""Rows of a Parquet or TFRecord file per batch."""


class NoRowsError(UserError):
    """A file is sound but has no rows."""


class Rows(Protocol):
    """An open file of rows.

    Attributes:
        name: Name of the file, for messages.
        schema: Columns of every batch.
        remarks: How the file is read where that is not obvious, a line each.
        done: Share of the file that has been read, from 0 to 1; None if its size is unknown.
    """

    name: str
    schema: "pa.Schema"
    remarks: tuple[str, ...]
    done: float | None

    def batches(self) -> "Iterator[pa.RecordBatch]":
        """Yields the rows in order.

        Raises:
            UserError: The file is damaged or has no rows.
        """
        ...


class Writer(Protocol):
    """Writes batches that share one schema."""

    def write(self, batch: "pa.RecordBatch") -> None:
        """Writes rows."""

    def close(self) -> None:
        """Writes the rows that are still buffered; the stream stays open."""
