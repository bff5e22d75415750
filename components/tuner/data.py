"""The data of a study."""

import dataclasses
import json
from typing import TYPE_CHECKING

from components.features import LabelFeature

if TYPE_CHECKING:
    from components.learning.task import Task


@dataclasses.dataclass(frozen=True)
class Data:
    """The data of all trials of a study; strings and numbers only, so that they travel as JSON.

    Attributes:
        examples: URI and split names of the transformed examples.
        transform_graph: URI of the `TransformGraph` artifact.
        label: `LabelFeature` as JSON.
        goal: `Goal` as JSON.
        splits: Names of the splits for training and validation, as JSON.
    """

    examples: tuple[str, str]
    transform_graph: str
    label: str
    goal: str
    splits: str

    def load(self) -> "Task":
        """Reads the data."""
        from tfx.types import standard_artifacts

        from components.learning.goal import Goal
        from components.learning.task import load_task

        examples = standard_artifacts.Examples()
        examples.uri, examples.split_names = self.examples
        return load_task(
            [examples],
            self.transform_graph,
            LabelFeature.from_json(self.label),
            json.loads(self.splits),
            goal=Goal.from_json(self.goal),
        )
