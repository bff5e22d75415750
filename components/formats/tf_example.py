"""Reads `tf.Example`s as rows, without TensorFlow."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from components.errors import UserError
from components.features import RawFeature
from components.formats.rows import RECORDS
from components.formats.tfrecord import read_records


class ExampleRows:
    """The features of `tf.Example`s as columns, with the types of the first batch.

    A feature with at most one value per example in that batch is a column of single values, any other a column of
    lists. Features without a value in that batch are left out, unless the model uses them.
    """

    def __init__(self, file: str, features: Mapping[str, RawFeature]) -> None:
        self.name = file
        self.done = None
        self._features = features
        self._records = read_records(Path(file))
        self._count = 0
        self._first = self._read()
        if self._first is None:
            raise UserError(f"{file}: the file has no examples")
        types_ = {
            name: _natural_type(self._first.column(name), features.get(name))
            for name in self._first.schema.names
        }
        self.schema = pa.schema([(name, type_) for name, type_ in types_.items() if not types.is_null(type_)])

    def _read(self) -> pa.RecordBatch | None:
        try:
            serialised = list(islice(self._records, RECORDS))
            return decode_examples(serialised, self._features) if serialised else None
        except (ValueError, OSError, EOFError) as error:
            raise UserError(f"{self.name}: after row {self._count}: {error}") from None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See `Rows`."""
        batch, self._first = self._first, None
        while batch is not None:
            columns = [self._fit(batch, field) for field in self.schema]
            self._count += batch.num_rows
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)
            batch = self._read()

    def _fit(self, batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
        place = batch.schema.get_field_index(field.name)
        column = pa.nulls(batch.num_rows) if place < 0 else batch.column(place)
        if types.is_null(column.type):
            return column.cast(field.type)
        try:
            return (column if types.is_large_list(field.type) else _singles(column)).cast(field.type)
        except pa.ArrowInvalid:
            raise UserError(
                f"{self.name}: feature {field.name!r} is {field.type} in the first examples, but has other values "
                f"in the {batch.num_rows:,} examples after row {self._count}"
            ) from None


def _natural_type(column: pa.Array, feature: RawFeature | None) -> pa.DataType:
    if types.is_null(column.type):
        kinds = {"int64": pa.int64(), "float32": pa.float32(), "string": pa.string()}
        return kinds[feature.dtype] if feature else pa.null()
    type_ = column.type.value_type
    if types.is_large_binary(type_):
        try:
            column.flatten().cast(pa.large_string())
            type_ = pa.large_string()
        except pa.ArrowInvalid:  # not UTF-8, such as an image
            pass
    several = pc.max(pc.list_value_length(column)).as_py() > 1
    return pa.large_list(type_) if several else type_


def _singles(column: pa.Array) -> pa.Array:
    """Converts lists of one value to that value, and empty lists to null."""
    counts = np.asarray(pc.fill_null(pc.list_value_length(column), 0)).astype(np.int64)
    if counts.max() > 1:
        raise pa.ArrowInvalid("several values")
    return scalars(column.flatten(), counts)


def scalars(values: pa.Array, counts: np.ndarray) -> pa.Array:
    """Spreads values over rows, with null for rows without a value.

    Args:
        values: Values of all rows, in order.
        counts: Number of values in each row, 0 or 1.
    """
    return values.take(pa.array(np.cumsum(counts) - 1, mask=counts == 0))


def decode_examples(serialised: Sequence[bytes], features: Mapping[str, RawFeature]) -> pa.RecordBatch:
    """Decodes `tf.Example`s into one column of lists per feature; features without values become null columns.

    Raises:
        UserError: The bytes are not serialised `tf.Example`s.
    """
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    try:
        batch = ExamplesToRecordBatchDecoder().DecodeBatch(list(serialised))
    except (ValueError, RuntimeError) as error:
        raise UserError(f"the rows are not serialised tf.Examples: {error}") from None
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns |= {name: pa.nulls(batch.num_rows) for name in features if name not in columns}
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
