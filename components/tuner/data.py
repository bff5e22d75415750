"""The data of a study."""

import dataclasses
import functools
import json
from typing import TYPE_CHECKING

from components.features import LabelFeature

if TYPE_CHECKING:
    from components.learning.task import Task


@dataclasses.dataclass(frozen=True)
class Data:
    """The data of all trials of a study; strings and numbers only, so that every Beam runner can send them.

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
        """Returns the data, which is read once per worker process."""
        return _load(self)


@functools.lru_cache(maxsize=1)
def _load(data: Data) -> "Task":
    from tfx.types import standard_artifacts

    from components.learning.goal import Goal
    from components.learning.task import load_task

    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = data.examples
    return load_task(
        [examples],
        data.transform_graph,
        LabelFeature.from_json(data.label),
        json.loads(data.splits),
        goal=Goal.from_json(data.goal),
    )
