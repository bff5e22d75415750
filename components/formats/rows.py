"""Files of rows, read and written batch by batch."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from components.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

STANDARD_STREAM = "-"
"""Name of a file that stands for standard input and output, both CSV."""

RECORDS = 4096
"""Rows of a Parquet or TFRecord file that are parsed at once."""


class NoRowsError(UserError):
    """A file has a header and nothing else."""


class Rows(Protocol):
    """An open file of rows.

    Attributes:
        name: of the file, for messages.
        schema: columns that every batch has.
        done: share of it that has been read, from 0 to 1; None where its length is not known.
    """

    name: str
    schema: "pa.Schema"
    done: float | None

    def batches(self) -> "Iterator[pa.RecordBatch]":
        """The rows in order.

        Raises:
            UserError: the file is damaged, or has no rows.
        """
        ...


class Writer(Protocol):
    """Takes batches of one schema."""

    def write(self, batch: "pa.RecordBatch") -> None:
        """Adds rows."""

    def close(self) -> None:
        """Writes what is still held back; the file stays open."""
