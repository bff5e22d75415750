"""Puts pushed models back that are damaged or gone, from the artifacts that they were copied to."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from components.errors import UserError
from components.model_store import changes, serving
from pipeline.workspace import DATABASE, WITHDRAWN_FILE
from reactive_schedules import durable


@dataclasses.dataclass(frozen=True)
class Production:
    """The pushed models of a workspace.

    Attributes:
        workspace: Folder of the workspace.
    """

    workspace: Path

    @property
    def folder(self) -> Path:
        """The serving folder."""
        return self.workspace / "serving"

    def faults(self, *, whole: bool) -> Iterator[tuple[Path, str]]:
        """Yields the folders of damaged versions, oldest first, each with its first fault.

        Args:
            whole: Whether to read large files, too.
        """
        for version in serving.numbers(self.folder):
            model = serving.locate(self.folder, version)
            if model and (fault := serving.damage(model, whole=whole)):
                yield model, fault

    def restore(self, keep: int, *, whole: bool) -> Iterator[str]:
        """Puts back what is damaged; if no version is left, the newest that were pushed.

        Args:
            keep: Number of versions to put back if none is left.
            whole: Whether to read large files, too, to find damage.

        Yields:
            A line for each version that was put back.

        Raises:
            UserError: The version in production is damaged, and so is its copy.
        """
        if not serving.numbers(self.folder):
            withdrawn = self._noted_as_withdrawn()
            for version in sorted(self._copies)[-keep:]:
                if self._put_back(version, withdraw=version in withdrawn):
                    yield f"version {version} was gone from {self.folder}; restored from {self._copies[version]}"
            return
        for model, fault in list(self.faults(whole=whole)):
            version = int(model.name)
            if self._put_back(version, withdraw=serving.is_withdrawn(model)):
                yield f"{fault}; restored from {self._copies[version]}"
            elif self._is_in_production(model):
                raise UserError(
                    f"version {version}, in production, is damaged: {fault}; {self.remedy(model)}"
                )

    def remedy(self, model: Path) -> str:
        """How to repair a damaged version, in a few words.

        Args:
            model: Folder of the version.
        """
        if self._whole_copy(int(model.name)):
            return "the next run restores it"
        if not self._is_in_production(model):
            return f"there is no copy of it, so delete {model}"
        return (
            "there is no copy of it, so put another version into production with python -m pipeline rollback "
            f"--workspace {self.workspace} VERSION, or delete {model}"
        )

    def note_withdrawn(self) -> None:
        """Writes down which versions are withdrawn."""
        durable.write(self.workspace / WITHDRAWN_FILE, json.dumps(serving.withdrawn(self.folder)).encode())

    def _noted_as_withdrawn(self) -> list[int]:
        file = self.workspace / WITHDRAWN_FILE
        return json.loads(file.read_bytes()) if file.exists() else []

    @cached_property
    def _copies(self) -> Mapping[int, Path]:
        """The artifact with a copy of each version that was pushed."""
        from pipeline.history.workspace import History

        if not (self.workspace / DATABASE).exists():
            return {}
        pushes = (run.output("Pusher", "pushed_model") for run in History(self.workspace).runs)
        return {
            int(version): pushed.path
            for pushed in pushes
            if pushed and (version := pushed.properties.get("pushed_version"))
        }

    def _is_in_production(self, model: Path) -> bool:
        """Whether a server would load it, if it were whole."""
        return not serving.is_withdrawn(model) and int(model.name) >= (serving.production(self.folder) or 0)

    def _whole_copy(self, version: int) -> Path | None:
        copy = self._copies.get(version)
        return None if copy is None or not copy.is_dir() or serving.damage(copy, whole=True) else copy

    def _put_back(self, version: int, *, withdraw: bool) -> bool:
        """Restores a version, if there is a whole copy of it."""
        if copy := self._whole_copy(version):
            changes.restore(self.folder, version, copy, withdraw=withdraw)
        return copy is not None
