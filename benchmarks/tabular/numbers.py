"""A table as numbers, for benchmarks that train networks without the pipeline."""

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.tabular.split import Table, rows

MOST_VALUES = 20
"""Number of different texts up to which a column is encoded, a number for each text; others are left out."""


def as_numbers(table: Table, folder: Path | None, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Features (float32) and labels, numbers or classes from 0, of some rows of a table, always the same.

    Missing numbers are the median, and missing texts are a text.

    Args:
        table: Table.
        folder: Of the files; bundled tables need none.
        most: Number of rows; all if there are fewer.
    """
    found = rows(table, folder).drop(columns=list(table.without))
    found = found.sample(min(most, len(found)), random_state=0)
    labels = found.pop(table.label)
    columns = [each for name in found for each in _encoded(found[name])]
    if table.task == "classification":
        return np.stack(columns, axis=1), pd.factorize(labels, sort=True)[0].astype(np.int64)
    return np.stack(columns, axis=1), pd.to_numeric(labels).to_numpy(np.float32)


def _encoded(column: pd.Series) -> list[np.ndarray]:
    numbers = pd.to_numeric(column.replace("", None), errors="coerce")
    if numbers.notna().sum() == (column != "").sum() > 0:
        return [numbers.fillna(numbers.median()).to_numpy(np.float32)]
    texts = sorted(column.unique())
    return [] if len(texts) > MOST_VALUES else [(column == text).to_numpy(np.float32) for text in texts]
