"""A look at the raw examples themselves, where statistics cannot tell."""

import dataclasses
import itertools
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import Artifact

from components import shards
from components.example_gen.hashing import hash_rows
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
        duplicates: Rows that are in the training split as well, by split.
    """

    rows: int
    classes: Mapping[str, int]
    distinct: Mapping[str, int]
    skills: Mapping[str, float]
    duplicates: Mapping[str, int]


def look(
    examples: Sequence[Artifact],
    schema: schema_pb2.Schema,
    label: LabelFeature,
    splits: Sequence[str],
    without: Collection[str] | None = None,
) -> Look:
    """Reads examples.

    Args:
        examples: `Examples` artifacts of raw examples.
        schema: Their schema.
        label: Label of the data.
        splits: Names of the splits, the training split first.
        without: Columns in which rows may differ and still be duplicates; None not to look for any, because equal rows
            go to the same split anyway.
    """
    reader = Reader(schema)
    reader.setup()
    rows = _first(shards.files_of(examples, splits[0]), reader)
    return Look(
        rows.num_rows,
        leakage.class_counts(rows, label) if label.task == "classification" else {},
        leakage.distinct(rows),
        leakage.skills(rows, label),
        {} if without is None else _duplicates(examples, splits, reader, without),
    )


def _first(files: Sequence[str], reader: Reader) -> pa.RecordBatch:
    batches, rows = [], 0
    for batch in itertools.chain.from_iterable(map(reader.process, files)):
        batches.append(batch)
        rows += batch.num_rows
        if rows >= MOST_ROWS:
            break
    return pa.Table.from_batches(batches).combine_chunks().slice(0, MOST_ROWS).to_batches()[0]


def _duplicates(
    examples: Sequence[Artifact], splits: Sequence[str], reader: Reader, without: Collection[str]
) -> dict[str, int]:
    train, *others = (_hashes(examples, split, reader, without) for split in splits)
    return {split: int(np.isin(found, train).sum()) for split, found in zip(splits[1:], others, strict=True)}


def _hashes(examples: Sequence[Artifact], split: str, reader: Reader, without: Collection[str]) -> np.ndarray:
    found = [np.empty(0, np.uint64)]
    for batch in itertools.chain.from_iterable(map(reader.process, shards.files_of(examples, split))):
        compared = [name for name in batch.schema.names if name not in without]
        found.append(hash_rows(batch.select(compared)))
    return np.concatenate(found)
