"""Checks the column with the weights of the rows, before a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from components.errors import DataError
from components.formats import registry
from pipeline.data import files as data_files


def check_weights(path: Path, column: str, label: str, split: Mapping[str, Any]) -> None:
    """Reads the weights of all rows.

    Args:
        path: Folder of the data, or a single file.
        column: Column with the weights.
        label: Column to predict.
        split: What decides which split a row belongs to.

    Raises:
        DataError: The column is missing, the label, or text, or a weight is missing, negative or not finite, or all
            are 0.
    """
    where = f"data.weight: {column}"
    if column == label:
        raise DataError(f"{where} is the label; name the column with the weights")
    files = data_files.find(path, label, split)
    try:
        found = registry.load(files.format.training.inspect)(files.files, column, ())
    except DataError as error:  # what a label must have, a weight must have, too
        raise DataError(str(error).replace("data.label", "data.weight")) from None
    weights = found.labels
    if not np.issubdtype(weights.dtype, np.number):
        raise DataError(f"{where} is text, such as {str(weights[0])!r}; weights are numbers, 0 or larger")
    weights = weights.astype(np.float64)
    for is_bad, fault in (
        (~np.isfinite(weights), "is not a finite number"),
        (weights < 0, "is negative"),
    ):
        if np.any(is_bad):
            raise DataError(
                f"{where} {fault} in {np.sum(is_bad):,} of {len(weights):,} rows, such as {weights[is_bad][0]:g}; "
                "weights are numbers, 0 or larger"
            )
    if not np.any(weights):
        raise DataError(f"{where} is 0 in every row; some rows must count")
