"""The contents of data files that a configuration must fit."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.errors import DataError

ENOUGH_ROWS = 3
"""Limit for counting distinct rows: one per split, because equal rows all go to the same split."""


@dataclass(frozen=True)
class Contents:
    """The contents of all files of a data set.

    Attributes:
        columns: Names of the columns or features, in file order.
        sizes: Number of values per row in each column: 0 if all are empty, None if the number varies. Features of
            bytes are left out.
        different_rows: Number of distinct rows, counted up to `ENOUGH_ROWS`.
        labels: Values of the label, of shape (rows,): numbers, or text as `str` or `bytes`.
    """

    columns: tuple[str, ...]
    sizes: dict[str, int | None]
    different_rows: int
    labels: np.ndarray


def require_label(label: str, columns: tuple[str, ...], file: Path) -> None:
    """Checks that the label is one of the columns.

    Raises:
        DataError: The label is not a column.
    """
    if label not in columns:
        raise DataError(
            f"data.label: {label!r} is not a column of {file}; choose one of {', '.join(columns)}"
        )
