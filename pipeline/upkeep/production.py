"""Puts pushed models back that are damaged or gone, from the artifacts that they were copied to."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from components.errors import UserError
from components.model_store import changes, serving
from components.model_store.model_files import CHECKSUMS
from pipeline.remote import artifacts
from pipeline.workspace import WITHDRAWN_FILE, has_store
from reactive_schedules import durable

Copies = Mapping[int, Sequence[Path]]
"""Folders with a copy of each pushed version, newest first."""


def find_copies(workspace: Path) -> Copies:
    """Finds the Pusher's artifacts, which have a copy of each version."""
    from pipeline.history.workspace import History

    found: dict[int, list[Path]] = {}
    if has_store(workspace):
        for run in reversed(History(workspace).runs):
            pushed = run.output("Pusher", "pushed_model")
            version = pushed and pushed.properties.get("pushed_version")
            if version and pushed.path not in found.setdefault(int(version), []):
                with contextlib.suppress(artifacts.DamagedObjects):
                    pushed.bring()
                found[int(version)].append(pushed.path)
    return found


class Production:
    """The pushed models of a workspace.

    Args:
        workspace: Folder of the workspace.
        find_copies: Function that finds the copies; called only when something is damaged or gone.
    """

    def __init__(self, workspace: Path, find_copies: Callable[[Path], Copies] = find_copies) -> None:
        self._workspace = workspace
        self._folder = workspace / "serving"
        self._find_copies = find_copies

    def faults(self, *, whole: bool) -> Iterator[tuple[Path, str]]:
        """Yields the folders of damaged versions, oldest first, each with its first fault.

        Args:
            whole: Whether to read large files, too.
        """
        for version in serving.numbers(self._folder):
            model = serving.locate(self._folder, version)
            if model and (fault := serving.damage(model, whole=whole)) and model.is_dir():
                yield model, fault

    def missing(self, keep: int) -> list[tuple[int, Path, bool]]:
        """What to put back if no version is in production: withdrawn versions, then the others, newest first.

        In this order, an interruption leaves the newest in production, or none.

        Args:
            keep: Number of versions to put back, in addition to withdrawn ones.

        Returns:
            Each version, a whole copy of it, and whether it was withdrawn.

        Raises:
            UserError: It is not known which versions were withdrawn.
        """
        if any(not serving.is_withdrawn(model) for model in self._models()):
            return []
        whole = {version: copy for version in self._copies if (copy := self._whole_copy(version))}
        withdrawn = self._noted_as_withdrawn() if whole else []
        away = [version for version in whole if version in withdrawn]
        here = sorted(set(whole) - set(away), reverse=True)
        gone = [version for version in away if not serving.locate(self._folder, version)]
        return [(version, whole[version], version in away) for version in (*gone, *here[:keep])]

    def restore(self, keep: int, *, whole: bool) -> Iterator[str]:
        """Puts back what is damaged; if no version is in production, the newest that were pushed.

        Args:
            keep: Number of versions to put back if none is in production.
            whole: Whether to read large files, too, to find damage.

        Yields:
            A line for each version that was put back.

        Raises:
            UserError: The version in production is damaged, and so are its copies.
        """
        for version, copy, withdraw in self.missing(keep):
            if changes.put_back(self._folder, version, copy, withdraw=withdraw):
                yield f"version {version} was missing from {self._folder}; restored from {copy}"
        for model, fault in list(self.faults(whole=whole)):
            copy = self._whole_copy(int(model.name))
            if copy and changes.repair(self._folder, int(model.name), copy):
                yield f"{fault}; restored from {copy}"
            elif not copy and self._is_in_production(model) and (model / CHECKSUMS).exists():
                raise UserError(
                    f"version {model.name}, in production, is damaged: {fault}; {self.remedy(model)}"
                )
        if serving.numbers(self._folder):
            self.note_withdrawn()

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
            f"--workspace {self._workspace} VERSION, or delete {model}"
        )

    def note_withdrawn(self) -> None:
        """Writes down which versions are withdrawn, in case the serving folder is lost."""
        noted = json.dumps(serving.withdrawn(self._folder)).encode()
        file = self._workspace / WITHDRAWN_FILE
        if not file.exists() or file.read_bytes() != noted:
            durable.write(file, noted)

    @cached_property
    def _copies(self) -> Copies:
        return self._find_copies(self._workspace)

    def _models(self) -> list[Path]:
        located = (serving.locate(self._folder, version) for version in serving.numbers(self._folder))
        return [model for model in located if model]

    def _noted_as_withdrawn(self) -> list[int]:
        file = self._workspace / WITHDRAWN_FILE
        try:
            noted = json.loads(file.read_bytes()) if file.exists() else []
        except ValueError:
            noted = None
        if not isinstance(noted, list) or not all(isinstance(version, int) for version in noted):
            raise UserError(
                f"{file} is damaged, so it is not known which versions were withdrawn; delete it to restore all of "
                "them, and roll back again if needed"
            )
        return noted

    def _is_in_production(self, model: Path) -> bool:
        """Whether a server would load it, if it were whole."""
        return not serving.is_withdrawn(model) and int(model.name) >= (serving.production(self._folder) or 0)

    def _whole_copy(self, version: int) -> Path | None:
        copies = self._copies.get(version, ())
        return next((copy for copy in copies if copy.is_dir() and not serving.damage(copy, whole=True)), None)
