"""Reads CSV files as text, in blocks of whole rows and in constant memory."""

import gzip
import itertools
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow_csv

from components.errors import UserError
from components.features import RawFeature
from components.formats.csv_text import header, whole_rows
from components.formats.rows import STANDARD_STREAM, NoRowsError
from reactive_schedules.printable import one_line


class CsvRows:
    """Reads cells as text."""

    def __init__(
        self, file: str, features: Mapping[str, RawFeature] | None = None, *, nulls: bool = False
    ) -> None:
        """Reads the header.

        Args:
            file: Path, or `-` for standard input.
            features: Ignored; cells are always text.
            nulls: Whether an empty cell is null instead of an empty string.
        """
        is_local = file != STANDARD_STREAM
        self.name = file if is_local else "standard input"
        self._nulls = nulls
        self._raw = Path(file).open("rb") if is_local else sys.stdin.buffer  # noqa: SIM115
        self._size = Path(file).stat().st_size if is_local else None
        self._blocks = whole_rows(
            gzip.GzipFile(fileobj=self._raw) if file.endswith(".gz") else self._raw, self.name
        )
        columns, self._first = header(next(self._blocks, b""), self.name)
        self.schema = pa.schema([(column, pa.string()) for column in columns])

    @property
    def done(self) -> float | None:
        """See `Rows`."""
        return None if self._size is None else self._raw.tell() / self._size

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See `Rows`."""
        count = 0
        for block in itertools.chain([self._first], self._blocks):
            try:
                for batch in parse(block, self.schema.names, nulls=self._nulls):
                    count += batch.num_rows
                    yield batch
            except pa.ArrowInvalid as error:
                raise UserError(f"{self.name}: {_fault(str(error), count)}") from None
        if count == 0:
            raise NoRowsError(f"{self.name}: the file has a header but no rows")


def parse(rows: bytes, columns: Sequence[str], *, nulls: bool) -> list[pa.RecordBatch]:
    """Parses whole rows of a CSV file into columns of text.

    Args:
        rows: Rows without the header.
        columns: Names of the columns.
        nulls: Whether an empty cell is null instead of an empty string.

    Raises:
        pa.ArrowInvalid: A row has too many or too few cells, or is not UTF-8.
    """
    if re.fullmatch(rb"[\r\n]*", rows):
        return []
    return arrow_csv.read_csv(
        pa.BufferReader(rows),
        arrow_csv.ReadOptions(column_names=columns, block_size=len(rows) + 1, use_threads=False),
        arrow_csv.ParseOptions(newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), null_values=[""], strings_can_be_null=nulls
        ),
    ).to_batches()


def _fault(text: str, count: int) -> str:
    """What Arrow's message says, with the number of the row in the file.

    Args:
        text: Message of Arrow.
        count: Rows in the blocks before.
    """
    if found := re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", text):
        row, expected, cells = (int(number) for number in found.groups())
        return f"row {count + row}: {cells} cell{'' if cells == 1 else 's'}, but the header has {expected}"
    if "UTF8" in text and (found := re.search(r"Row #(\d+)", text)):
        return f"row {count + int(found[1])}: the text is not UTF-8; save the file as UTF-8"
    return f"after row {count}: {one_line(text)}"
