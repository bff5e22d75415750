"""Predicts a stream of rows in constant memory."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
from pyarrow import types

from components.errors import UserError
from components.features import RawFeature
from components.formats.images.rows import loaded
from components.formats.rows import Rows
from pipeline.prediction.columns import to_features
from pipeline.prediction.model import ExportedModel, Schema, column_names

WORKERS = min(4, os.cpu_count() or 1)
"""Batches predicted at the same time: one is encoded while TensorFlow computes another."""


class PredictedRows:
    """Rows with their predictions: the original columns, then those of `Predictions`.

    Attributes:
        columns: Arrow schema of the original columns.
        schema: Arrow schema of all columns.
    """

    def __init__(
        self,
        name: str,
        columns: pa.Schema,
        schema: Schema,
        prefix: str,
        typed: bool,
        half_width: float | None = None,
    ) -> None:
        """Plans the columns.

        Args:
            name: Name of the rows, for messages.
            columns: Arrow schema of the rows.
            schema: Inputs and output of the model.
            prefix: Text to put before the names of the new columns.
            typed: Whether to write numbers that were read as text as numbers.
            half_width: Half the width of the intervals around the predictions; None leaves them out.

        Raises:
            UserError: The rows already have a column with the name of a new one.
        """
        self._name, self._model_schema, self.columns = name, schema, columns
        self._half_width = half_width
        self._numbers = {
            column: pa.int64() if feature.dtype == "int64" else pa.float64()
            for column, feature in schema.features.items()
            if typed and _is_text_of_a_number(columns.field(column).type, feature)
        }
        kept = [(field.name, self._numbers.get(field.name, field.type)) for field in columns]
        self._names = column_names(schema.label.classes, prefix, interval=half_width is not None)
        if taken := sorted(set(self._names) & set(columns.names)):
            raise UserError(
                f"{name}: already has the column {taken[0]!r}; pass --prefix TEXT to rename the new columns"
            )
        added = [_answer_type(schema), *[pa.float32()] * (len(self._names) - 1)]
        self.schema = pa.schema([*kept, *zip(self._names, added, strict=True)])

    def answer(self, model: ExportedModel, batch: pa.RecordBatch, first_row: int) -> pa.RecordBatch:
        """Adds the model's predictions to a batch of rows.

        Raises:
            UserError: A value does not fit; the message names the rows, the number of the row and the column.
        """
        try:
            files = loaded(batch, self._model_schema.images, self._name, first_row)
            columns = to_features(files, self._model_schema.features, first_row, model.reading)
            predictions = model.answer(columns, first_row)
            if self._half_width is not None:
                predictions = predictions.within(self._half_width)
        except UserError as error:
            raise UserError(f"{self._name}: {error}") from None
        kept = [  # by place: columns that the model does not use may share a name
            columns[name].scalars() if name in self._numbers else column
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        types_ = self.schema.types[len(kept) :]
        added = [
            pa.array(each, type_) for each, type_ in zip(predictions.columns().values(), types_, strict=True)
        ]
        return pa.RecordBatch.from_arrays([*kept, *added], schema=self.schema)


def _is_text_of_a_number(type_: pa.DataType, feature: RawFeature) -> bool:
    return types.is_string(type_) and feature.dtype != "string" and feature.size in (None, 1)


def _answer_type(schema: Schema) -> pa.DataType:
    if schema.label.task == "regression":
        return pa.float32()
    value = pa.string() if isinstance(schema.label.classes[0], str) else pa.int64()
    if schema.label.is_multilabel:
        return pa.string() if schema.label.separator else pa.list_(value)
    return value


def numbered(rows: Rows, size: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Yields batches of at most `size` rows, each with the number of its first row, counting from 1."""
    first_row = 1
    for batch in rows.batches():
        for start in range(0, batch.num_rows, size):
            yield batch.slice(start, size), first_row + start
        first_row += batch.num_rows


def answered(model: ExportedModel, rows: Rows, predicted: PredictedRows) -> Iterator[pa.RecordBatch]:
    """Yields the rows with their predictions, in order, with a few batches in memory at a time."""
    with ThreadPoolExecutor(WORKERS) as pool:
        waiting = deque()
        for batch, first_row in numbered(rows, model.batch_rows):
            waiting.append(pool.submit(predicted.answer, model, batch, first_row))
            if len(waiting) > 2 * WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
