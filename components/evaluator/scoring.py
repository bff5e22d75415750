"""Scores of the examples of one shard."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from components import served_model, shards
from components.errors import DataError
from components.evaluator.means import METRICS, UNKNOWN
from components.evaluator.plan import COUNT, Plan
from reactive_schedules.printable import one_line


@dataclasses.dataclass(frozen=True)
class Slices:
    """Which rows belong to which slice of a column; a row belongs to one for each of its values.

    Attributes:
        values: Values of the column, in any order.
        rows: Numbers of rows, counted from 0, of shape (pairs,).
        places: Place in `values` that each of these rows belongs to, of shape (pairs,).
    """

    values: list[str | int | float]
    rows: np.ndarray
    places: np.ndarray


@dataclasses.dataclass(frozen=True)
class Scores:
    """Scores of a number of examples, in order.

    Attributes:
        rows: Number of examples.
        values: Arrays of shape (rows,), float64, by name of the model and name of the metric; see `RowMetric`.
        slices: Slices by column.
    """

    rows: int
    values: dict[tuple[str, str], np.ndarray]
    slices: dict[str, Slices]


class Scorer:
    """Scores shards with one or two models."""

    def __init__(self, plan: Plan, models: Mapping[str, str], dtypes: Mapping[str, tf.DType]) -> None:
        """Loads the models.

        Args:
            plan: What to compute.
            models: Folders of the SavedModels, by name; a second one, the baseline, may be older than a class.
            dtypes: Types of the raw columns that the plan reads, by name.
        """
        self._plan, self._dtypes, self._candidate = plan, dtypes, next(iter(models))
        self._models = {name: served_model.ServedModel(folder) for name, folder in models.items()}

    def score(self, shard: str) -> Scores | None:
        """Scores the examples of a shard; None if it has none.

        Raises:
            DataError: A label is not one of the model's classes, there is not one label per example, or a value to
                slice by is not text.
        """
        parts = [self._score(batch) for batch in shards.batches([shard], served_model.BATCH_ROWS)]
        return concatenate(parts) if parts else None

    def _score(self, batch: tf.Tensor) -> Scores:
        plan, rows = self._plan, len(batch)
        spec = {name: tf.io.VarLenFeature(kind) for name, kind in self._dtypes.items()}
        columns = tf.io.parse_example(batch, spec) if spec else {}
        values = {}
        for name, model in self._models.items():
            labels = (
                model.ask(plan.transform, plan.label, batch)
                if plan.transform
                else columns[plan.label].values.numpy()
            ).reshape(-1)
            answers = model.ask(plan.signature, plan.prediction, batch)
            if len(labels) != rows:
                raise DataError(f"label {plan.column!r}: every example must have one value")
            if answers.ndim > 1 and answers.shape[1] > 1:
                unknown = (labels < 0) | (labels >= answers.shape[1])
                if unknown.any() and name == self._candidate:
                    raise DataError(
                        f"label {plan.column!r}: an example has no class, or one that the model does not know; "
                        "train it on data with all classes"
                    )
                labels = np.where(unknown, UNKNOWN, labels)
            for metric, kind in plan.metrics.items():
                if kind != COUNT:
                    values[name, metric] = METRICS[kind].of_rows(labels, answers)
        return Scores(rows, values, {name: _slices(name, columns[name]) for name in plan.columns})


def _slices(name: str, column: tf.SparseTensor) -> Slices:
    found, places = tf.unique(column.values)
    pairs = np.stack([column.indices[:, 0].numpy(), places.numpy()], axis=1, dtype=np.int32)
    if column.dense_shape[1] > 1:
        pairs = np.unique(pairs, axis=0)  # a row that has a value twice belongs to its slice once
    return Slices([_shown(name, value) for value in found.numpy().tolist()], pairs[:, 0], pairs[:, 1])


def _shown(name: str, value: bytes | int | float) -> str | int | float:
    try:
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        raise DataError(
            f"evaluation.slices: column {name!r} has the value {one_line(ascii(value), 60)}, which is not UTF-8; "
            "store it as UTF-8, or do not slice by it"
        ) from None


def concatenate(parts: Sequence[Scores]) -> Scores:
    """Joins scores, in order."""
    starts = np.cumsum([0, *(part.rows for part in parts)])
    return Scores(
        int(starts[-1]),
        {key: np.concatenate([part.values[key] for part in parts]) for key in parts[0].values},
        {name: _joined([part.slices[name] for part in parts], starts.tolist()) for name in parts[0].slices},
    )


def _joined(parts: list[Slices], starts: list[int]) -> Slices:
    known: dict[str | int | float, int] = {}
    places = [
        np.array([known.setdefault(value, len(known)) for value in part.values], np.int32)[part.places]
        for part in parts
    ]
    rows = [part.rows + start for part, start in zip(parts, starts, strict=False)]
    return Slices(list(known), np.concatenate(rows), np.concatenate(places))
