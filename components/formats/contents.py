"""The contents of data files that a configuration must fit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from components.errors import DataError, few
from components.formats.cells.reading import PLAIN, Reading
from components.formats.recognition.profile import Profile
from reactive_schedules.errors import did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

    from components.formats.image_files import Sizes

ENOUGH_ROWS = 3
"""Limit for counting distinct rows: one per split, because equal rows all go to the same split."""

MAX_COLUMNS = 10_000
"""Maximum number of columns to train on: each costs time in every component, however few rows there are."""


@dataclass(frozen=True)
class Contents:
    """The contents of all files of a data set.

    Attributes:
        columns: Names of the columns or features, in file order.
        sizes: Number of values per row in each column: 0 if all are empty, None if the number varies. Features of
            bytes, which may be images of any shape, are left out unless it varies.
        different_rows: Number of distinct rows, counted up to `ENOUGH_ROWS`.
        labels: Values of the label, of shape (rows,): numbers, or text as `str`; or, if a row has several, a list for
            each row that has one.
        unusable: Columns that can only be ignored, with the reason and another remedy.
        varying: Columns whose number of values varies, with two rows that differ.
        words: Those of `varying` that have text.
        images: Columns of images in files (PNG, JPEG, GIF), with height and width of each size, and where it is found
            first.
        image_files: What the images have in common, in columns of image files or of paths of them.
        folders: Column that has the name of the folder of each image; empty if there is none.
        remarks: How the files are read where that is not obvious, a line each.
        profiles: What the columns hold, for those that could be learned.
        reading: How the label's cells become values, besides what is configured.
    """

    columns: tuple[str, ...]
    sizes: dict[str, int | None]
    different_rows: int
    labels: "np.ndarray | pa.ChunkedArray"
    unusable: Mapping[str, str] = field(default_factory=dict)
    varying: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    images: Mapping[str, Mapping[tuple[int, int], str]] = field(default_factory=dict)
    image_files: "Mapping[str, Sizes]" = field(default_factory=dict)
    folders: str = ""
    remarks: tuple[str, ...] = ()
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    reading: Reading = PLAIN


def place(row: int, file: Path) -> str:
    """Words for a row, counted from 1, in a message."""
    return f"row {row:,} of {file.name}"


class Counts:
    """Numbers of values that rows have: the least and the greatest of each block of rows, with the first such row."""

    def __init__(self) -> None:
        self._first: dict[int, str] = {}

    def add(self, counts: np.ndarray, file: Path, before: int) -> None:
        """Takes more rows of a file into account, `before` of which came earlier."""
        for count in {int(counts.min()), int(counts.max())} - self._first.keys() if len(counts) else ():
            self._first[count] = place(before + 1 + int(np.argmax(counts == count)), file)

    @property
    def size(self) -> int | None:
        """See `common_size`."""
        return common_size(self._first) if self._first else 0

    def __str__(self) -> str:
        shown = ", ".join(
            f"{count:,} in {self._first[count]}" for count in (min(self._first), max(self._first))
        )
        return f"has a varying number of values: {shown}"


def common_size(counts: Collection[int]) -> int | None:
    """The number of values per row; None if it varies, except that a single value may be missing.

    Args:
        counts: Numbers of values that rows have.
    """
    most = max(counts)
    return most if most <= 1 or min(counts) == most else None


def check_count(columns: Sequence[str], file: Path) -> None:
    """Checks that there are not more columns than can be trained on.

    Raises:
        DataError: There are too many.
    """
    if len(columns) > MAX_COLUMNS:
        raise DataError(
            f"data.path: {file} has {len(columns):,} columns, but the maximum is {MAX_COLUMNS:,}; remove some, or put "
            "numbers into one feature of a tf.Example"
        )


def require_label(label: str, columns: tuple[str, ...], file: Path) -> None:
    """Checks that the label is one of the columns.

    Raises:
        DataError: The label is not a column.
    """
    if label not in columns:
        choice = f"{did_you_mean(label, columns)}choose one of {few(columns)}" if columns else "it has none"
        raise DataError(f"data.label: {label!r} is not a column of {file}; {choice}")


def check_labelled(label: str, empty: int, rows: int, several: bool = False) -> None:
    """Checks that most rows have a label; the others are left out.

    Args:
        label: The label.
        empty: Rows without one.
        rows: All rows.
        several: Whether cells have any number of labels, so that an empty one may mean that there are none.

    Raises:
        DataError: More than half of the rows have none.
    """
    if empty > rows / 2:
        none = "; write [] where no label applies" if several else ""
        raise DataError(
            f"data.label: {label} is empty in {empty:,} of {rows:,} rows; is it the right column? Remove these rows, "
            f"or fill them in{none}"
        )
