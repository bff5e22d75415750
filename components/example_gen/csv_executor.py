"""Reads CSV files into `tf.Example`s."""

import csv
from typing import Any

import apache_beam as beam
import tensorflow as tf
from tfx.components.example_gen.csv_example_gen import executor as stock
from tfx.dsl.io import fileio
from tfx.types import standard_component_specs
from tfx_bsl.coders import csv_decoder

from components.example_gen.unchanged import UnchangedInput


class Executor(UnchangedInput, stock.Executor):
    """TFX's executor, with a reader that parses quoted column names; fails if a file changes while it is read."""

    def GetInputSourceToExamplePTransform(self) -> type[beam.PTransform]:
        """Returns the transform that reads the files."""
        return _CsvToExample


@beam.typehints.with_input_types(beam.Pipeline)
@beam.typehints.with_output_types(tf.train.Example)
class _CsvToExample(beam.PTransform):
    """Replaces TFX's transform of this name, which splits the header at commas and keeps the quotes."""

    def __init__(self, exec_properties: dict[str, Any], split_pattern: str) -> None:
        folder = exec_properties[standard_component_specs.INPUT_BASE_KEY]
        self._files = sorted(fileio.glob(f"{folder}/{split_pattern}"))

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """Parses the cells, infers one type per column, and builds the examples."""
        rows = (
            pipeline
            | beam.Create(self._files)
            | "Read" >> beam.ParDo(stock._ReadCsvRecordsFromTextFile())
            | "Parse" >> beam.ParDo(csv_decoder.ParseCSVLine(delimiter=","))
            | beam.Keys()
        )
        infer = csv_decoder.ColumnTypeInferrer(column_names(self._files[0]), skip_blank_lines=True)
        columns = beam.pvalue.AsSingleton(rows | "InferTypes" >> beam.CombineGlobally(infer))
        return rows | "ToExample" >> beam.ParDo(stock._ParsedCsvToTfExample(), columns)


def column_names(file: str) -> list[str]:
    """Reads the header of a CSV file, in UTF-8 with or without a byte order mark."""
    with fileio.open(file, "rb") as stream:
        return next(csv.reader([stream.readline().decode("utf-8-sig")]))
