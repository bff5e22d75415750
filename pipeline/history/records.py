"""Runs, their steps, and the models they trained."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components import checksums
from pipeline import result_files
from pipeline.remote import artifacts
from pipeline.remote.place import Remote


@dataclasses.dataclass(frozen=True)
class Artifact:
    """An artifact of the metadata store.

    Attributes:
        id: Id in the store.
        path: Folder of its files.
        properties: Properties and custom properties.
        is_live: Whether its files should exist: it was finished, and not discarded since.
        remote: The workspace in an object store that has its files; None if they are here.
    """

    id: int
    path: Path
    properties: Mapping[str, Any]
    is_live: bool = True
    remote: Remote | None = None

    @property
    def place(self) -> str:
        """Where its files are: a path or a URI."""
        return self.remote.uri_of(str(self.path)) if self.remote else str(self.path)

    def file(self, name: str) -> Path:
        """The path of one of its files, which is brought here first if it is in an object store."""
        if self.remote and self.is_live:
            artifacts.bring_file(self.remote, self.place, name, self.properties.get(checksums.PROPERTY, ""))
        return self.path / name

    def bring(self) -> None:
        """Brings its files here if they are in an object store."""
        if self.remote and self.is_live:
            artifacts.bring(self.remote, self.place, self.properties.get(checksums.PROPERTY, ""))

    def json(self, name: str, shape: Any) -> dict[str, Any]:
        """The content of one of its JSON files; empty if the file is missing or damaged.

        Args:
            name: Name of the file.
            shape: Its shape, a type in `pipeline.result_files`.
        """
        try:
            return result_files.read(self.file(name), shape)
        except (OSError, result_files.DamagedFile):
            return {}


def artifacts_in(side: Mapping[str, list[Artifact]]) -> list[Artifact]:
    """The artifacts of the inputs or of the outputs of a step."""
    return [artifact for found in side.values() for artifact in found]


@dataclasses.dataclass(frozen=True)
class Step:
    """One component in one run.

    Attributes:
        id: Id of the execution.
        component: Name of the component.
        state: One of `done`, `cached`, `failed`, `running` and `interrupted`.
        seconds: Duration, so far if it is running; None if it was interrupted.
        properties: Execution properties.
        inputs: Input artifacts by key.
        outputs: Output artifacts by key.
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
        id: Short id; `r1` is the first in the store.
        name: Id that TFX gave it.
        pipeline: Name of the pipeline.
        started: Start time in seconds since 1970.
        state: One of `done`, `failed`, `running` and `interrupted`.
        error: Error of the component that failed; empty if none failed.
        record: Record as in `pipeline.run.record`; empty if other software ran the pipeline.
        steps: Steps in the order in which they started.
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
        id: Short id; `m1` is the first in the store.
        artifact: Model artifact of the Trainer.
        run: Run that trained it.
        steps: Steps that led to it, from ExampleGen to the Trainer, each with its run.
        evaluated: Last step that evaluated it, if any.
        pushes: Steps of the Pusher on it, whether or not they pushed.
        served: Versions in the serving folder whose lineage names it; the store learns of them a moment later.
    """

    id: str
    artifact: Artifact
    run: Run
    steps: list[tuple[Run, Step]]
    evaluated: Step | None
    pushes: list[Step]
    served: list[int]

    def step(self, component: str) -> Step | None:
        """The step of a component that led to it."""
        return next((step for _, step in self.steps if step.component == component), None)

    @property
    def versions(self) -> list[int]:
        """Versions that it was pushed as, oldest first."""
        pushed = (artifact for step in self.pushes for artifact in step.outputs.get("pushed_model", ()))
        found = (artifact.properties.get("pushed_version") for artifact in pushed)
        return sorted({*self.served, *(int(version) for version in found if version)})
