"""The ExampleGens, one for each format of data."""

from tfx import components
from tfx.dsl.components.base import executor_spec

from components.example_gen import csv_executor, import_executor
from components.example_gen.driver import Driver


class CsvExampleGen(components.CsvExampleGen):
    """TFX's CsvExampleGen that also reads quoted column names, as R and many databases write them."""

    DRIVER_CLASS = Driver
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(csv_executor.Executor)


class ImportExampleGen(components.ImportExampleGen):
    """TFX's ImportExampleGen, for TFRecord files of `tf.Example`s."""

    DRIVER_CLASS = Driver
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(import_executor.Executor)
