"""Reads and writes Parquet files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import parquet

from components.errors import UserError
from components.features import RawFeature
from components.formats.columns import index_of
from components.formats.parquet import folders as parquet_folders
from components.formats.rows import RECORDS, NoRowsError
from components.formats.signatures import ENOUGH_BYTES, mistaken
from reactive_schedules.printable import one_line

ROW_GROUP = 2**16
"""Rows per row group of a Parquet file."""

_DAMAGE = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError)
"""What Arrow raises for a damaged file."""


class ParquetRows:
    """Rows of a Parquet file."""

    def __init__(self, file: str, features: Mapping[str, RawFeature] | None = None) -> None:
        """Reads the schema.

        Args:
            file: Path.
            features: Raw features of a model; None to read for training, without an index that pandas wrote.
        """
        self.name = file
        with Path(file).open("rb") as stream:
            start = stream.read(ENOUGH_BYTES)
        if (other := mistaken(start, "Parquet")) and not start.startswith(b"PAR1"):
            raise UserError(f"{file}: {other}")
        try:
            self._file = parquet.ParquetFile(file)
            inside = self._file.schema_arrow
        except _DAMAGE as error:
            raise UserError(f"{file}: not a readable Parquet file: {one_line(error)}") from None
        index = [] if features is not None else index_of(inside.names)
        self._columns = [name for name in inside.names if name not in index]
        self._added = parquet_folders.columns(Path(file), inside.names)
        kept = [field for field in inside if field.name not in index]
        self.schema = pa.schema([*kept, *((name, value.type) for name, value in self._added.items())])
        self.done = 0.0
        self.remarks = tuple(f"column {name!r} is left out as an index of pandas" for name in index)

    @property
    def metadata(self) -> parquet.FileMetaData:
        """Rows and sizes of the row groups."""
        return self._file.metadata

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See `Rows`."""
        total, count = self.metadata.num_rows, 0
        if total == 0:
            raise NoRowsError(f"{self.name}: the file has no rows")
        for batch in self.read(range(self.metadata.num_row_groups), RECORDS):
            count += batch.num_rows
            self.done = count / total
            yield batch

    def read(self, groups: range, rows: int) -> Iterator[pa.RecordBatch]:
        """Yields the rows of some row groups in order, `rows` at a time.

        Raises:
            UserError: The file is damaged.
        """
        sizes = [self.metadata.row_group(group).num_rows for group in range(groups.stop)]
        count = start = sum(sizes[: groups.start])
        try:
            for batch in self._file.iter_batches(rows, list(groups), self._columns):
                batch.validate(full=True)  # Parquet does not ensure that text is UTF-8
                count += batch.num_rows
                yield parquet_folders.add(batch, self._added) if self._added else batch
        except _DAMAGE as error:
            raise UserError(
                f"{self.name}: after row {count}: the file is damaged: {one_line(error)}"
            ) from None
        if count != start + sum(sizes[groups.start :]):
            raise UserError(f"{self.name}: after row {count}: the file is damaged: rows are missing")


class ParquetWriter:
    """Writes a Parquet file."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = parquet.ParquetWriter(stream, schema)
        self._held: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        self._held.append(batch)
        if sum(held.num_rows for held in self._held) >= ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Writes the rows that are still buffered."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
        self._held = []
