"""The ExampleGen for all formats of data."""

from tfx.components import FileBasedExampleGen
from tfx.dsl.components.base import executor_spec

from components.example_gen.driver import Driver
from components.example_gen.executor import Executor


class ExampleGen(FileBasedExampleGen):
    """Reads files of any format in `components.formats.registry`, and splits their rows by content.

    Takes the arguments of TFX's file-based ExampleGens, and writes what they write.
    """

    DRIVER_CLASS = Driver
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
