"""Reads `tf.Example`s as rows, without TensorFlow."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from components.errors import UserError
from components.features import RawFeature
from components.formats.columns import scalars
from components.formats.rows import RECORDS
from components.formats.tfrecord.records import read_batches


class ExampleRows:
    """The features of `tf.Example`s as columns, with the types of the first batch.

    A feature with at most one value per example in that batch is a column of single values, any other a column of
    lists. Features without a value in that batch are left out, unless the model uses them.
    """

    def __init__(self, file: str, features: Mapping[str, RawFeature]) -> None:
        self.name = file
        self.done = None
        self.remarks = ()
        self._features = features
        self._batches = read_examples(Path(file), features)
        self._count = 0
        self._first = next(self._batches, None)
        if self._first is None:
            raise UserError(f"{file}: the file has no examples")
        types_ = {
            name: _natural_type(self._first[1].column(name), features.get(name))
            for name in self._first[1].schema.names
        }
        self.schema = pa.schema([(name, type_) for name, type_ in types_.items() if not types.is_null(type_)])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """See `Rows`."""
        first, self._first = [self._first] if self._first else [], None
        for _, batch in itertools.chain(first, self._batches):
            columns = [self._fit(batch, field) for field in self.schema]
            self._count += batch.num_rows
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)

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


def read_examples(
    file: Path, features: Mapping[str, RawFeature]
) -> Iterator[tuple[list[bytes], pa.RecordBatch]]:
    """Yields batches of examples: the serialised records, and one column of lists per feature.

    Args:
        file: TFRecord file of `tf.Example`s.
        features: Features that become columns even if they have no values.

    Raises:
        UserError: The file cannot be read, is damaged, or contains something else; the message names it.
    """
    try:
        for serialised in read_batches(file, RECORDS):
            yield serialised, decode_examples(serialised, features)
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise UserError(f"{file}: {error}") from None


def decode_examples(serialised: Sequence[bytes], features: Mapping[str, RawFeature]) -> pa.RecordBatch:
    """Decodes `tf.Example`s into one column of lists per feature; features without values become null columns.

    Raises:
        UserError: The bytes are not serialised `tf.Example`s, or a feature has several types.
    """
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    if _is_sequence_example(serialised[0]):
        raise UserError("the records are tf.SequenceExamples; convert them to tf.Examples")
    try:
        batch = ExamplesToRecordBatchDecoder().DecodeBatch(list(serialised))
    except (ValueError, RuntimeError) as error:
        if found := re.search(
            'expected (\\w+)_list, found (\\w+)_list for feature "(.*)"', str(error), re.DOTALL
        ):
            raise UserError(
                f"feature {found[3]!r} is {found[1]} in some examples and {found[2]} in others; write one type"
            ) from None
        raise UserError("the records are not serialised tf.Examples") from None
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns |= {name: pa.nulls(batch.num_rows) for name in features if name not in columns}
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def _is_sequence_example(record: bytes) -> bool:
    """Whether a second field follows the features. As a tf.Example, it would be silently ignored."""
    if record[:1] == b"\x12":  # only feature lists, no context
        return True
    if record[:1] != b"\x0a":
        return False
    length, position = 0, 1
    for position in range(1, min(len(record), 11)):
        length |= (record[position] & 0x7F) << 7 * (position - 1)
        if record[position] < 0x80:
            break
    end = position + 1 + length
    return record[end : end + 1] == b"\x12"
