"""What data files hold, as far as a configuration must fit it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.errors import DataError

ENOUGH_ROWS = 3
"""Different rows are counted as far as this: one for each split, as equal rows all go to one."""


@dataclass(frozen=True)
class Contents:
    """What was read.

    Attributes:
        columns: column or feature names, in file order.
        sizes: how many values each row has in a column, 0 where all are empty and None where the number varies;
            features of bytes are left out.
        different_rows: how many rows are not equal, counted as far as `ENOUGH_ROWS`.
        labels: the label's values, of shape (rows,): numbers, or text as `str` or `bytes`.
    """

    columns: tuple[str, ...]
    sizes: dict[str, int | None]
    different_rows: int
    labels: np.ndarray


def require_label(label: str, columns: tuple[str, ...], file: Path) -> None:
    """Makes sure that the label is one of the columns.

    Raises:
        DataError: it is not.
    """
    if label not in columns:
        raise DataError(f"data.label: {label!r} is not a column of {file}; it has {', '.join(columns)}")
