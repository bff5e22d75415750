"""Inspects TFRecord files of `tf.Example`s, without TensorFlow."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError
from components.formats.contents import ENOUGH_ROWS, Contents, require_label
from components.formats.rows import RECORDS
from components.formats.tfrecord import read_records

_NOTHING = pa.nulls(0)


def inspect(files: list[Path], label: str) -> Contents:
    """Reads TFRecord files of `tf.Example`s.

    Raises:
        DataError: A file is damaged, or an example does not have exactly one label.
    """
    spans: dict[str, list[int]] = {}
    of_bytes: set[str] = set()
    different: set[bytes] = set()
    parts: list[np.ndarray] = []
    for file, records, batch in _batches(files):
        if len(different) < ENOUGH_ROWS:
            different.update(records)
        if label not in spans:
            require_label(label, tuple(batch.schema.names), file)
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        for name in {**spans, **columns}:
            column = columns.get(name, _NOTHING)
            is_empty = pa.types.is_null(column.type)
            if not is_empty and pa.types.is_large_binary(column.type.value_type):
                of_bytes.add(name)
            span = {} if is_empty else pc.min_max(pc.fill_null(pc.list_value_length(column), 0)).as_py()
            # A feature that first appears in a later batch had no values before.
            spans.setdefault(name, [0] if parts else []).extend(span.values() or [0])
        column = columns.get(label, _NOTHING)
        has_none = pa.types.is_null(column.type)
        values = np.empty(0) if has_none else column.flatten().to_numpy(zero_copy_only=False)
        if len(values) != batch.num_rows:
            raise DataError(
                f"data.label: {label} in {file} has {len(values):,} values in {batch.num_rows:,} examples; "
                "a label must have one value per example"
            )
        parts.append(values)
    sizes = {name: _size(span) for name, span in spans.items() if name not in of_bytes}
    labels = np.concatenate(parts or [np.empty(0)])
    return Contents(tuple(spans), sizes, min(len(different), ENOUGH_ROWS), labels)


def _batches(files: list[Path]) -> Iterator[tuple[Path, list[bytes], pa.RecordBatch]]:
    """Yields batches of examples: their file, the serialised records and the parsed columns."""
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    decoder = ExamplesToRecordBatchDecoder()
    for file in files:
        records = read_records(file)
        try:
            while some := list(islice(records, RECORDS)):
                yield file, some, decoder.DecodeBatch(some)
        except (ValueError, OSError, EOFError) as error:
            raise DataError(f"data.path: {file} is not a TFRecord file of tf.Example: {error}") from None


def _size(counts: list[int]) -> int | None:
    """Returns the size of a feature from its numbers of values; a single value may be missing."""
    most = max(counts)
    return most if most <= 1 or min(counts) == most else None
