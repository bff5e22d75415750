"""Reads CSV files into `tf.Example`s."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
from tfx.components.example_gen.csv_example_gen import executor as stock
from tfx.dsl.io import fileio
from tfx.types import standard_component_specs
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components.errors import UserError
from components.example_gen.unchanged import UnchangedInput
from components.formats.csv import CsvRows
from components.formats.numbers import Kind, kinds_of_columns, numbers
from components.formats.rows import NoRowsError


class Executor(UnchangedInput, stock.Executor):
    """TFX's executor, with the CSV reader and the numbers of inspection and prediction.

    Fails if a file changes while it is read.
    """

    def GetInputSourceToExamplePTransform(self) -> type[beam.PTransform]:
        """Returns the transform that reads the files."""
        return _CsvToExample


@beam.typehints.with_input_types(beam.Pipeline)
@beam.typehints.with_output_types(tf.train.Example)
class _CsvToExample(beam.PTransform):
    """Replaces TFX's transform of this name."""

    def __init__(self, exec_properties: dict[str, Any], split_pattern: str) -> None:
        folder = exec_properties[standard_component_specs.INPUT_BASE_KEY]
        self._files = sorted(fileio.glob(f"{folder}/{split_pattern}"))

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """Reads the cells, infers one kind per column, and builds the examples."""
        with fileio.open(self._files[0], "rb") as stream:
            header = CsvRows(self._files[0], stream=stream).schema
        cells = pipeline | beam.Create(self._files) | "Read" >> beam.FlatMap(_read, header)
        largest = cells | beam.Map(column_kinds) | beam.CombineGlobally(_largest)
        return cells | "ToExample" >> beam.FlatMap(to_examples, beam.pvalue.AsSingleton(largest))


def _read(file: str, header: pa.Schema) -> Iterator[pa.RecordBatch]:
    with fileio.open(file, "rb") as stream:
        rows = CsvRows(file, stream=stream)
        if rows.schema != header:
            raise UserError(
                f"{file}: the columns differ from the other files'; all files need the same header"
            )
        try:
            yield from rows.batches()
        except NoRowsError:
            return


def column_kinds(cells: pa.RecordBatch) -> np.ndarray:
    """The largest kind in each column, as int8 of shape (columns,)."""
    return kinds_of_columns(cells.columns).max(axis=1, initial=Kind.EMPTY)


def _largest(found: list[np.ndarray]) -> np.ndarray:
    return np.max([kinds for kinds in found if len(kinds)] or [[]], axis=0)


def to_examples(cells: pa.RecordBatch, largest: np.ndarray) -> Iterator[tf.train.Example]:
    """Converts rows of text to examples.

    Args:
        cells: Rows of text.
        largest: Kind of each column.
    """
    schema = zip(cells.schema.names, cells.columns, largest, strict=True)
    filled = {name: _values(column, Kind(kind)) for name, column, kind in schema if kind != Kind.EMPTY}
    nothing = [name for name in cells.schema.names if name not in filled]
    batch = pa.RecordBatch.from_arrays(list(filled.values()), list(filled))
    for serialised in RecordBatchToExamplesEncoder().encode(batch):
        example = tf.train.Example.FromString(serialised)
        for name in nothing:
            _ = example.features.feature[name]  # creates it, without a type
        yield example


def _values(cells: pa.Array, kind: Kind) -> pa.LargeListArray:
    """One list per row, without a value where the cell is empty."""
    is_filled = pc.not_equal(cells, "")
    filled = cells.filter(is_filled)
    if kind == Kind.TEXT:
        values = filled.cast(pa.large_binary())
    else:
        values = numbers(filled, kind).cast(pa.int64() if kind == Kind.WHOLE else pa.float32(), safe=False)
    offsets = np.concatenate([[0], np.cumsum(np.asarray(is_filled))])
    return pa.LargeListArray.from_arrays(offsets, values)
