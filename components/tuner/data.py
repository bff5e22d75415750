"""The data of a study."""

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from components.features import LabelFeature

if TYPE_CHECKING:
    from components.learning.task import Task

EXAMPLES, TRANSFORM_GRAPH = "examples", "transform_graph"
"""Names of the inputs of a search: the transformed examples, and the `TransformGraph` artifact."""


@dataclasses.dataclass(frozen=True)
class Data:
    """The data of all trials of a study; without paths, so that it is the same on every machine; strings only.

    Attributes:
        split_names: Split names of the transformed examples, as JSON.
        label: `LabelFeature` as JSON.
        goal: `Goal` as JSON.
        splits: Names of the splits for training and validation, as JSON.
        folds: Number of folds in which a confirmation divides the rows anew; 0 leaves them as they are.
    """

    split_names: str
    label: str
    goal: str
    splits: str
    folds: int = 0

    def load(self, inputs: Mapping[str, str], fold: int | None = None) -> "Task":
        """Reads the data.

        Args:
            inputs: Paths of `EXAMPLES` and `TRANSFORM_GRAPH`.
            fold: Number of the fold to validate on; None validates on the split for it.
        """
        from tfx.types import standard_artifacts

        from components.learning.division import Fold
        from components.learning.goal import Goal
        from components.learning.task import load_task

        examples = standard_artifacts.Examples()
        examples.uri, examples.split_names = inputs[EXAMPLES], self.split_names
        label = LabelFeature.from_json(self.label)
        divide = fold is not None and self.folds
        return load_task(
            [examples],
            inputs[TRANSFORM_GRAPH],
            label,
            json.loads(self.splits),
            goal=Goal.from_json(self.goal),
            fold=Fold(fold, self.folds, label.task == "classification") if divide else None,
        )
