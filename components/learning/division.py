"""Divides rows anew into folds in the way in which their splits were made: at random, by whole groups, or by time."""

import dataclasses
import json
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from components.example_gen.hashing import hash_rows
from components.example_gen.ranked import Timed
from components.features import LabelFeature
from components.formats.cells import dates

NEVER = -1
"""Fold of rows that are never validated on."""


@dataclasses.dataclass(frozen=True)
class Division:
    """What decides on the fold of a row.

    Attributes:
        by: `rows`, their content; `group`, the value of a column; `time`, the order of a column.
        column: Raw column with the group or the time.
        format: Format of times, see `components.formats.cells.dates`.
        label: Raw column with the class; each fold gets its share of the rows of each class. Empty if there are no
            classes.
    """

    by: Literal["rows", "group", "time"] = "rows"
    column: str = ""
    format: str = dates.ISO
    label: str = ""

    @classmethod
    def from_json(cls, text: str) -> "Division":
        """Reads what `to_json` returns."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """Returns JSON, the same for equal ones."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def folds_of(self, rows: pa.RecordBatch, folds: int) -> np.ndarray:
        """Returns the fold in which each row is validated on, or `NEVER`, as integers of shape (rows,).

        It follows from the content of the rows, whatever their order. Equal rows are in the same fold, and so are those
        of the same group or time.

        Args:
            rows: Raw features.
            folds: Number of folds.
        """
        if self.by == "group":
            return _whole(hash_rows(rows.select([self.column])), folds)
        if self.by == "time":
            return _forward(Timed({}, self.column, self.format).keys(rows), folds)
        classes = hash_rows(rows.select([self.label])) if self.label in rows.schema.names else None
        return spread(hash_rows(rows), folds, classes)

    def trained_on(self, found: np.ndarray, number: int) -> np.ndarray:
        """Whether each row is trained on where a fold is validated on: never later rows, if folds go by time.

        Args:
            found: Result of `folds_of`.
            number: Number of the fold, counted from 0.
        """
        return found < number if self.by == "time" else found != number


def division_of(description: Any, label: LabelFeature) -> Division:
    """Returns what a short description means.

    Args:
        description: `rows`, `{"group": column}`, or `{"time": column, "format": format}`.
        label: Label of the data set.
    """
    if description == "rows":
        return Division(label=label.name if label.task == "classification" else "")
    (by,) = description.keys() - {"format"}
    return Division(by, description[by], description.get("format") or dates.ISO)


def spread(keys: np.ndarray, folds: int, classes: np.ndarray | None = None) -> np.ndarray:
    """Returns the fold of each row, so that folds have equally many different rows, of each class if there are some.

    Args:
        keys: A hash of each row.
        folds: Number of folds.
        classes: A number for the class of each row.
    """
    order = np.argsort(keys, kind="stable")
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
    _, distinct = np.unique(keys[order], return_index=True)
    starts = np.zeros(len(order), dtype=np.int64)
    starts[distinct] = 1
    found = np.empty(len(order), dtype=np.int64)
    found[order] = (np.cumsum(starts) - 1) % folds  # equal rows count as one
    return found


def _whole(groups: np.ndarray, folds: int) -> np.ndarray:
    """The fold of each row by its group: the largest group first, each to the smallest fold so far."""
    keys, places, counts = np.unique(groups, return_inverse=True, return_counts=True)
    sizes, fold = np.zeros(folds, np.int64), np.empty(len(keys), np.int64)
    for place in np.argsort(-counts, kind="stable"):
        fold[place] = np.argmin(sizes)
        sizes[fold[place]] += counts[place]
    return fold[places]


def _forward(times: np.ndarray, folds: int) -> np.ndarray:
    """The fold of each row by its time: the later half of the rows in windows, the earliest first."""
    earlier = np.searchsorted(np.sort(times), times)  # number of earlier rows; equal times are together
    return np.maximum((2 * earlier - len(times)) * folds // len(times), NEVER)
