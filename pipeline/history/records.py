"""Runs, their steps, and the models they made."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True)
class Artifact:
    """An artifact.

    Attributes:
        id: in the store.
        path: where its files lie.
        properties: the custom ones too.
    """

    id: int
    path: Path
    properties: Mapping[str, Any]

    def json(self, name: str) -> dict[str, Any]:
        """A JSON file of it; empty if it is gone or damaged."""
        try:
            return json.loads((self.path / name).read_bytes())
        except (OSError, ValueError):
            return {}


@dataclasses.dataclass(frozen=True)
class Step:
    """One component in one run.

    Attributes:
        id: of the execution.
        component: name in the pipeline.
        state: `done`, `cached`, `failed`, `running` or `interrupted`.
        seconds: it took, or has taken so far; None if it was interrupted.
        properties: execution properties.
        inputs, outputs: artifacts by key.
    """

    id: int
    component: str
    state: str
    seconds: float | None
    properties: Mapping[str, Any]
    inputs: Mapping[str, list[Artifact]]
    outputs: Mapping[str, list[Artifact]]


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a pipeline.

    Attributes:
        id: short, `r1` for the first in the store.
        name: TFX's id.
        pipeline: its name.
        started: seconds since 1970.
        state: `done`, `failed`, `running` or `interrupted`.
        error: of the component that failed; empty if none did.
        record: see `pipeline.run.record`; empty if something else than this project ran the pipeline.
        steps: in the order they began.
    """

    id: str
    name: str
    pipeline: str
    started: float
    state: str
    error: str
    record: Mapping[str, Any]
    steps: list[Step]

    def step(self, component: str) -> Step | None:
        """The step of a component."""
        return next((step for step in self.steps if step.component == component), None)

    def output(self, component: str, key: str) -> Artifact | None:
        """An output artifact of a component."""
        step = self.step(component)
        return step.outputs[key][0] if step and step.outputs.get(key) else None


@dataclasses.dataclass(frozen=True)
class TrainedModel:
    """One trained model.

    Attributes:
        id: short, `m1` for the first in the store.
        artifact: the Trainer's.
        run: that trained it.
        steps: that it came from, and the run of each; the data first, the Trainer last.
        evaluated: the last step that evaluated it, if any.
        pushes: steps that were to push it.
    """

    id: str
    artifact: Artifact
    run: Run
    steps: list[tuple[Run, Step]]
    evaluated: Step | None
    pushes: list[Step]

    def step(self, component: str) -> Step | None:
        """The step of a component that it came from."""
        return next((step for _, step in self.steps if step.component == component), None)

    @property
    def versions(self) -> list[int]:
        """Under which it was pushed, oldest first."""
        pushed = (artifact for step in self.pushes for artifact in step.outputs.get("pushed_model", ()))
        found = (artifact.properties.get("pushed_version") for artifact in pushed)
        return sorted({int(version) for version in found if version})
