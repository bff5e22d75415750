"""The StatisticsGen component."""

from tfx import components
from tfx.dsl.components.base import executor_spec
from tfx.types.channel import BaseChannel

from components.statistics_gen import executor


class StatisticsGen(components.StatisticsGen):
    """TFX's StatisticsGen with its default options, except that the same data gives the same bytes."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(self, examples: BaseChannel, exclude_splits: list[str] | None = None) -> None:
        """Wires the component.

        Args:
            examples: Examples to describe.
            exclude_splits: Splits to leave out.
        """
        super().__init__(examples=examples, exclude_splits=exclude_splits or [])
