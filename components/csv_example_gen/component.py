"""The CsvExampleGen component."""

from tfx import components
from tfx.dsl.components.base import executor_spec

from components.csv_example_gen import executor


class CsvExampleGen(components.CsvExampleGen):
    """TFX's CsvExampleGen that also reads quoted column names, as R and many databases write them."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
