"""Inspects Parquet data, read as ExampleGen reads it."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from components.errors import DataError, UserError
from components.formats.contents import Contents, common_size
from components.formats.numbers import Kind
from components.formats.parquet import ParquetRows
from components.formats.parquet_columns import kind_of_values, values_of
from components.formats.rows import NoRowsError
from components.formats.table import Table, check_label

_WORDS = {Kind.WHOLE: "numbers", Kind.FRACTION: "numbers", Kind.TEXT: "text"}


def inspect(files: list[Path], label: str) -> Contents:
    """Reads Parquet files as ExampleGen does, and checks that ExampleGen can read them.

    Raises:
        DataError: A file is damaged, columns or their types differ, or a row does not have exactly one label.
    """
    table, found = Table(label), dict[str, _Column]()
    for file in files:
        try:
            rows = ParquetRows(str(file))
            table.open(rows.schema.names, file)
            for batch in rows.batches():
                table.add(batch)
                for name, values in zip(batch.schema.names, batch.columns, strict=True):
                    found.setdefault(name, _Column(name)).add(values, file)
        except NoRowsError:
            continue
        except DataError:
            raise
        except UserError as error:
            raise DataError(f"data.path: {error}") from None
    faults = {name: column.fault for name, column in found.items() if column.fault}
    if label in faults:
        raise DataError(f"data.label: {label} {faults.pop(label)}")
    faults = {name: f"{fault}, or add {name!r} to data.ignore" for name, fault in faults.items()}
    sizes = {name: found[name].size if name in found else 0 for name in table.columns}
    return Contents(table.columns, sizes, table.different_rows, _labels(table.labels, label), faults)


class _Column:
    """What the values of a column have in common.

    Attributes:
        fault: Why its numbers cannot be used, and the remedy.
    """

    def __init__(self, name: str) -> None:
        self.fault: str | None = None
        self._name, self._kind, self._counts = name, Kind.EMPTY, set[int]()

    @property
    def size(self) -> int | None:
        """See `common_size`."""
        return common_size(self._counts)

    def add(self, column: pa.Array, file: Path) -> None:
        """Takes more values into account.

        Raises:
            DataError: They cannot be used, or have another type than those before.
        """
        try:
            values, counts = values_of(column)
        except UserError as error:
            raise DataError(f"data.path: {file}: column {self._name!r} {error}") from None
        kind = kind_of_values(values)
        words = {_WORDS[each] for each in (kind, self._kind) if each != Kind.EMPTY}
        if len(words) > 1:
            raise DataError(
                f"data.path: {file}: column {self._name!r} has {_WORDS[kind]}, but {_WORDS[self._kind]} in the rows "
                "before; write one type"
            )
        self._kind = max(kind, self._kind)
        self._counts.update((int(counts.min()), int(counts.max())))
        if kind == Kind.FRACTION and self.fault is None:
            self.fault = _fault(values.to_numpy())


def _fault(numbers: np.ndarray) -> str | None:
    with np.errstate(over="ignore"):
        wrong = numbers[~np.isfinite(numbers.astype(np.float32))]
    if not len(wrong):
        return None
    if np.isnan(wrong).any():
        return "has NaN; write missing values as null"
    return f"has numbers that are not finite as float32, such as {wrong[0]}; scale or remove them"


def _labels(parts: list[pa.Array], label: str) -> np.ndarray:
    """The label of each row: int64, float64, or text as `str`."""
    found = [values_of(part) for part in parts]
    counts = np.concatenate([counts for _, counts in found] or [np.empty(0, int)])
    check_label(label, int(np.sum(counts == 0)), len(counts))
    if np.any(counts > 1):
        raise DataError(
            f"data.label: {label} has {counts.max():,} values in a row; a label must have one value per row"
        )
    try:
        values = [part.cast(pa.string()) if kind_of_values(part) == Kind.TEXT else part for part, _ in found]
    except pa.ArrowInvalid:
        raise DataError(f"data.label: {label} is not UTF-8 text; write it as UTF-8") from None
    return np.concatenate([part.to_numpy(zero_copy_only=False) for part in values] or [np.empty(0)])
