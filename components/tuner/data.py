"""The data of a study."""

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from components.features import LabelFeature

if TYPE_CHECKING:
    from tfx.types import Artifact

    from components.artifacts import Artifacts
    from components.learning.task import Task

EXAMPLES, TRANSFORM_GRAPH = "examples", "transform_graph"
"""Names of the inputs of a search: the examples, and what describes them, see `components.learning.prepared`."""


def inputs_of(inputs: "Artifacts") -> dict[str, str]:
    """Returns the paths of the inputs of a search; of several artifacts with examples, the others are numbered."""
    from components.learning.prepared import uri_of

    names = (EXAMPLES, *(f"{EXAMPLES}_{number}" for number in range(2, len(inputs["examples"]) + 1)))
    paths = {name: artifact.uri for name, artifact in zip(names, inputs["examples"], strict=True)}
    return {**paths, TRANSFORM_GRAPH: uri_of(inputs)}


@dataclasses.dataclass(frozen=True)
class Data:
    """The data of all trials of a study; without paths, so that it is the same on every machine; strings only.

    Attributes:
        split_names: Split names of the examples, as JSON.
        label: `LabelFeature` as JSON, with the classes if only the data tells them.
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
            inputs: Paths from `inputs_of`.
            fold: Number of the fold to validate on; None validates on the split for it.
        """
        from components.learning.division import Fold
        from components.learning.goal import Goal
        from components.learning.task import load_task

        label = LabelFeature.from_json(self.label)
        divide = fold is not None and self.folds
        return load_task(
            self.examples(inputs),
            inputs[TRANSFORM_GRAPH],
            label,
            json.loads(self.splits),
            goal=Goal.from_json(self.goal),
            fold=Fold(fold, self.folds, label.task == "classification") if divide else None,
        )

    def examples(self, inputs: Mapping[str, str]) -> "list[Artifact]":
        """Returns the `Examples` artifacts at the paths of `inputs_of`."""
        from tfx.types import standard_artifacts

        found = []
        for name, path in inputs.items():
            if name != TRANSFORM_GRAPH:
                artifact = standard_artifacts.Examples()
                artifact.uri, artifact.split_names = path, self.split_names
                found.append(artifact)
        return found
