"""A look at the raw examples themselves, where statistics cannot tell."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import Artifact

from components import shards
from components.features import LabelFeature
from components.record_batches import Reader
from components.report import leakage

MOST_ROWS = 50_000
"""Rows of the training split that are looked at; their order is that of a hash, so they are like the others."""


@dataclasses.dataclass(frozen=True)
class Look:
    """What was seen.

    Attributes:
        rows: Number of rows of the training split that were looked at.
        classes: How many of them each class has; empty for regression.
        distinct: Numbers of different values of columns of whole numbers.
        skills: How well each column alone predicts the label; see `components.report.leakage`.
    """

    rows: int
    classes: Mapping[str, int]
    distinct: Mapping[str, int]
    skills: Mapping[str, float]


def look(
    examples: Sequence[Artifact],
    schema: schema_pb2.Schema,
    label: LabelFeature,
    split: str,
) -> Look:
    """Reads examples of the training split.

    Args:
        examples: `Examples` artifacts of raw examples.
        schema: Their schema.
        label: Label of the data.
        split: Name of the training split.
    """
    reader = Reader(schema)
    reader.setup()
    rows = _first(shards.files_of(examples, split), reader)
    return Look(
        rows.num_rows,
        leakage.class_counts(rows, label) if label.classes else {},
        leakage.distinct(rows),
        leakage.skills(rows, label),
    )


def _first(files: Sequence[str], reader: Reader) -> pa.RecordBatch:
    batches, rows = [], 0
    for batch in itertools.chain.from_iterable(map(reader.process, files)):
        batches.append(batch)
        rows += batch.num_rows
        if rows >= MOST_ROWS:
            break
    return pa.Table.from_batches(batches).combine_chunks().slice(0, MOST_ROWS).to_batches()[0]
