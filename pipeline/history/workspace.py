"""The history of one workspace."""

from functools import cached_property, partial
from pathlib import Path
from typing import Any

from components.errors import UserError
from components.model_store import model_files, serving
from pipeline import result_files
from pipeline.history.ancestry import find_models
from pipeline.history.reading import read_runs
from pipeline.history.records import Run, TrainedModel
from pipeline.history.store import is_used_elsewhere, snapshot


class History:
    """All runs and models of a workspace.

    Raises:
        UserError: The workspace has no metadata store.
    """

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.serving = workspace / "serving"
        with snapshot(workspace) as store:
            self.runs = read_runs(store, workspace, partial(is_used_elsewhere, workspace))
        # After the store, which learns of a version only when the Pusher has ended.
        self._served, self._withdrawn = serving.state(self.serving)

    @cached_property
    def models(self) -> list[TrainedModel]:
        """All models, oldest first."""
        found = map(self._lineage, (*self._served, *self._withdrawn))
        return find_models(self.runs, filter(None, found))

    def find(self, name: str) -> Run | TrainedModel:
        """Finds a run or model by name.

        Args:
            name: Short id such as `r3` or `m2`, TFX's id of a run, or a version.

        Raises:
            UserError: There is no such run, model or version.
        """
        for each in (*self.runs, *self.models):
            if name == each.id or (isinstance(each, Run) and name == each.name):
                return each
        for model in reversed(self.models):
            if name in map(str, model.versions):
                return model
        raise UserError(
            f"no run, model or version {name!r} in {self.workspace}; "
            f"it has {_range(self.runs, 'run')} and {_range(self.models, 'model')}"
        )

    def model_of(self, run: Run) -> TrainedModel | None:
        """The model that a run trained or took from the cache."""
        artifact = run.output("Trainer", "model")
        return next((model for model in self.models if artifact and model.artifact.id == artifact.id), None)

    def state_of(self, model: TrainedModel) -> str:
        """The state of a model, in words."""
        if not set(model.versions).isdisjoint(self._served[-1:]):
            return "in production"
        if model.versions:
            last = model.versions[-1]
            if last in self._withdrawn:
                return "withdrawn"
            return "superseded" if serving.locate(self.serving, last) else "removed"
        if model.evaluated is None:
            return "not evaluated"
        blessed = model.evaluated.outputs["blessing"][0].properties.get("blessed")
        return "not pushed" if blessed else "not blessed"

    def _lineage(self, version: int) -> dict[str, Any] | None:
        """The lineage of a version in the serving folder; None if it has none that can be read."""

        def read() -> dict[str, Any]:
            place = serving.follow(self.serving / str(version))
            return result_files.read(place / model_files.LINEAGE, result_files.Lineage)

        try:
            return serving.steadily(self.serving, read)
        except (OSError, result_files.DamagedFile):
            return None


def _range(entries: list, kind: str) -> str:
    if not entries:
        return f"no {kind}s"
    return f"{kind}s {entries[0].id} to {entries[-1].id}" if len(entries) > 1 else f"{kind} {entries[0].id}"
