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
        folds: Number of folds in which a confirmation divides the rows anew; 0 leaves them as they are.
    """

    examples: tuple[str, str]
    transform_graph: str
    label: str
    goal: str
    splits: str
    folds: int = 0

    def load(self, fold: int | None = None) -> "Task":
        """Reads the data.

        Args:
            fold: Number of the fold to validate on; None validates on the split for it.
        """
        from tfx.types import standard_artifacts

        from components.learning.division import Fold
        from components.learning.goal import Goal
        from components.learning.task import load_task

        examples = standard_artifacts.Examples()
        examples.uri, examples.split_names = self.examples
        label = LabelFeature.from_json(self.label)
        divide = fold is not None and self.folds
        return load_task(
            [examples],
            self.transform_graph,
            label,
            json.loads(self.splits),
            goal=Goal.from_json(self.goal),
            fold=Fold(fold, self.folds, label.task == "classification") if divide else None,
        )
