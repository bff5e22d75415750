"""Divides training and validation rows anew, in folds of which each is validated on once."""

import dataclasses
import hashlib
from collections.abc import Mapping

import numpy as np

from components.features import LABEL
from components.learning.parsed_file import LabelSummary
from components.learning.splits import Split


@dataclasses.dataclass(frozen=True)
class Fold:
    """One of several folds.

    Attributes:
        number: Number of the fold to validate on, counted from 0.
        folds: Number of folds.
        by_class: Whether each fold gets its share of the rows of each class.
    """

    number: int
    folds: int
    by_class: bool = False


def can_divide(train: Split, validation: Split) -> bool:
    """Whether both splits are in memory."""
    return isinstance(train.data, tuple) and isinstance(validation.data, tuple)


def divided(train: Split, validation: Split, fold: Fold) -> tuple[Split, Split]:
    """Returns the rows of both splits, divided anew into training and validation.

    The fold of a row follows from its content alone, whatever the order of the rows, and equal rows are in the same
    fold, as in a split by a hash.

    Args:
        train: Rows in memory.
        validation: Rows in memory.
        fold: Fold to validate on.
    """
    assert isinstance(train.data, tuple)
    assert isinstance(validation.data, tuple)
    names = list(train.data[0])
    rows = {name: np.concatenate([train.data[0][name], validation.data[0][name]]) for name in names} | {
        LABEL: np.concatenate([train.data[1], validation.data[1]])
    }
    chosen = folds_of(rows, fold) == fold.number
    return _taken(rows, ~chosen), _taken(rows, chosen)


def folds_of(rows: Mapping[str, np.ndarray], fold: Fold) -> np.ndarray:
    """Returns the fold of each row, an integer array of shape (rows,).

    Args:
        rows: Arrays of shape (rows, *shape) by name, with the label.
        fold: The folds.
    """
    digests = _digests(rows)
    order = np.argsort(digests, kind="stable")
    if fold.by_class:
        order = order[np.argsort(rows[LABEL][order].reshape(len(order), -1)[:, 0], kind="stable")]
    _, distinct = np.unique(digests[order], return_index=True)
    starts = np.zeros(len(order), dtype=np.int64)
    starts[distinct] = 1
    found = np.empty(len(order), dtype=np.int64)
    found[order] = (np.cumsum(starts) - 1) % fold.folds  # equal rows count as one
    return found


def _digests(rows: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns a hash of each row, of all its values."""
    columns = [np.ascontiguousarray(array.reshape(len(array), -1)) for _, array in sorted(rows.items())]
    return np.array(
        [
            hashlib.sha256(b"|".join(repr(row.tolist()).encode() if row.dtype == object else row.tobytes()
                                     for row in parts)).digest()[:16]
            for parts in zip(*columns, strict=True)
        ]
    )  # fmt: skip


def _taken(rows: Mapping[str, np.ndarray], chosen: np.ndarray) -> Split:
    block = {name: array[chosen] for name, array in rows.items()}
    labels = LabelSummary().add_block(block)
    return Split((block, block.pop(LABEL)), labels)
