"""The data of a study."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import DataError
from components.features import LabelFeature

if TYPE_CHECKING:
    from tfx.types import Artifact

    from components.artifacts import Artifacts
    from components.learning.task import Task
    from components.tuner.folds import Folds

EXAMPLES, TRANSFORM_GRAPH, RAW_EXAMPLES = "examples", "transform_graph", "raw_examples"
"""Names of the inputs of a search: the examples, what describes them, see `components.learning.prepared`, and the
examples before Transform, if a confirmation may divide them anew."""


def inputs_of(inputs: "Artifacts") -> dict[str, str]:
    """Returns the paths of the inputs of a search; of several artifacts with examples, the others are numbered."""
    from components.learning.prepared import uri_of

    paths = {}
    for kind in (EXAMPLES, RAW_EXAMPLES):
        for number, artifact in enumerate(inputs.get(kind) or (), 1):
            paths[kind if number == 1 else f"{kind}_{number}"] = artifact.uri
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
        division: `Division` as JSON, how it divides them.
    """

    split_names: str
    label: str
    goal: str
    splits: str
    folds: int = 0
    division: str = ""

    def load(self, inputs: Mapping[str, str]) -> "Task":
        """Reads the data.

        Args:
            inputs: Paths from `inputs_of`.
        """
        return self._task(self.examples(inputs), inputs[TRANSFORM_GRAPH])

    def load_fold(self, divided: "Folds", number: int, folder: Path) -> "Task":
        """Reads the data of a fold.

        Args:
            divided: Result of `divided`.
            number: Number of the fold, counted from 0.
            folder: Where the data of folds is kept.

        Raises:
            DataError: Transform gives the classes other numbers than in the examples of the search.
        """
        from components.learning.prepared import prepared
        from components.learning.vocabulary import terms_of

        examples, described = divided.made(number, folder)
        label = LabelFeature.from_json(self.label)
        named = terms_of(label.key, len(label.classes), prepared(described)) if label.classes else None
        if named and named[1] != label.classes:
            raise DataError(
                f"fold {number}: preprocessing_fn numbers the classes by the rows that it sees, so that those of "
                f"{label.name!r} are others here; let it number them by a fixed list"
            )
        return self._task(examples, described)

    def divided(self, inputs: Mapping[str, str]) -> "Folds":
        """Returns the rows as a confirmation divides them.

        Args:
            inputs: Paths from `inputs_of`.
        """
        from components.learning.division import Division
        from components.tuner.folds import Folds

        return Folds(
            self.raw(inputs),
            inputs[TRANSFORM_GRAPH],
            json.loads(self.splits),
            Division.from_json(self.division),
            self.folds,
        )

    def examples(self, inputs: Mapping[str, str]) -> "list[Artifact]":
        """Returns the `Examples` artifacts at the paths of `inputs_of`."""
        return self._artifacts(inputs, EXAMPLES)

    def raw(self, inputs: Mapping[str, str]) -> "list[Artifact]":
        """Returns the artifacts of raw examples; without Transform, those of the examples."""
        from components.learning.prepared import Untransformed, prepared

        is_raw = isinstance(prepared(inputs[TRANSFORM_GRAPH]), Untransformed)
        return self._artifacts(inputs, EXAMPLES if is_raw else RAW_EXAMPLES)

    def _artifacts(self, inputs: Mapping[str, str], kind: str) -> "list[Artifact]":
        from tfx.types import standard_artifacts

        found = []
        for name, path in inputs.items():
            if name == kind or name.startswith(f"{kind}_"):
                artifact = standard_artifacts.Examples()
                artifact.uri, artifact.split_names = path, self.split_names
                found.append(artifact)
        return found

    def _task(self, examples: "list[Artifact]", described: str) -> "Task":
        from components.learning.goal import Goal
        from components.learning.task import load_task

        return load_task(
            examples,
            described,
            LabelFeature.from_json(self.label),
            json.loads(self.splits),
            goal=Goal.from_json(self.goal),
        )
