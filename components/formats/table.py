"""What inspections of tables share."""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from components.errors import DataError, UserError
from components.formats.cells.numbers import Kind, merged
from components.formats.columns import difference, unusable_name
from components.formats.contents import ENOUGH_ROWS, check_count, require_label
from components.formats.rows import NoRowsError

_SLICE = 100
"""Rows compared at a time."""


@contextlib.contextmanager
def inspected(file: Path) -> Iterator[None]:
    """Turns what the reader of a file raises into the error of an inspection; a file may have no rows.

    Raises:
        DataError: The file is damaged or cannot be read.
    """
    try:
        yield
    except NoRowsError:
        pass
    except DataError:
        raise
    except UserError as error:
        raise DataError(f"data.path: {error}") from None
    except OSError as error:
        raise DataError(f"data.path: {file}: cannot be read: {error.strerror}") from None


class Table:
    """The rows of all files, which have the same columns.

    Attributes:
        columns: Names of the columns, in the order of the first file.
    """

    def __init__(self, label: str) -> None:
        self.columns: tuple[str, ...] = ()
        self._label = label
        self._first: Path | None = None
        self._different: set[str] = set()
        self._labels: list[pa.Array] = []
        self._remarks: dict[str, list[Path]] = {}

    @property
    def different_rows(self) -> int:
        """Number of distinct rows, counted up to `ENOUGH_ROWS`."""
        return min(len(self._different), ENOUGH_ROWS)

    @property
    def labels(self) -> list[pa.Array]:
        """Parts of the label's column, in order."""
        return self._labels

    @property
    def remarks(self) -> tuple[str, ...]:
        """How the files are read where that is not obvious, a line each."""
        lines = []
        for remark, files in self._remarks.items():
            more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
            lines.append(f"data.path: {files[0]}{more}: {remark}")
        return tuple(lines)

    def open(self, names: Sequence[str], file: Path, remarks: Iterable[str] = ()) -> None:
        """Takes the columns of a file into account.

        Args:
            names: Names of the columns.
            file: The file.
            remarks: How it is read where that is not obvious.

        Raises:
            DataError: They cannot be used, do not include the label, or are not those of the other files.
        """
        for remark in remarks:
            self._remarks.setdefault(remark, []).append(file)
        check_count(names, file)
        if fault := unusable_name(names):
            raise DataError(f"data.path: {file}: {fault}")
        require_label(self._label, tuple(names), file)
        if self._first is None:
            self.columns, self._first = tuple(names), file
        if different := difference(names, self.columns):
            raise DataError(
                f"data.path: the columns of {file} differ from {self._first}: {different}; all files need the same "
                "columns"
            )

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes more rows into account."""
        self._labels.append(batch.column(self._label))
        for start in range(0, batch.num_rows, _SLICE):
            if len(self._different) >= ENOUGH_ROWS:
                break
            rows = batch.select(list(self.columns)).slice(start, _SLICE).to_pylist()
            self._different.update(map(repr, rows))


class Categories:
    """The columns of `data.categorical`; as float32, their numbers must stay different."""

    def __init__(self, names: Collection[str]) -> None:
        self._kinds = dict.fromkeys(names, Kind.EMPTY)
        self._merged: dict[str, float] = {}

    def add(self, name: str, values: pa.Array, kind: Kind) -> None:
        """Takes more values of a column into account; numbers without nulls, unless their kind is another."""
        self._kinds[name] = max(kind, self._kinds[name])
        if kind in (Kind.WHOLE, Kind.FRACTION) and len(found := merged(values)):
            self._merged[name] = found[0]

    def check(self) -> None:
        """Checks that all numbers stay different.

        Raises:
            DataError: Some may not, in a column with fractions, which becomes float32.
        """
        for name, number in self._merged.items():
            if self._kinds[name] == Kind.FRACTION:
                raise DataError(
                    f"data.categorical: {name!r} has numbers that float32 may confuse, such as {number}; write them "
                    "as whole numbers without a point (Int64 in pandas) or as text"
                )
