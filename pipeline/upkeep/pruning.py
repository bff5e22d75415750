"""Removes the artifacts and reports of old runs."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

from components.model_store import serving
from pipeline.history.records import Artifact, Run, artifacts_in
from pipeline.history.store import open_writable
from pipeline.history.workspace import History
from pipeline.remote import session
from pipeline.run.start import quiet
from pipeline.upkeep.artifacts import find_folders

_PAGE = ".html"


@dataclasses.dataclass(frozen=True)
class Superfluous:
    """What can be removed from a workspace.

    Attributes:
        paths: Folders of artifacts, and reports.
        artifacts: Ids of these artifacts in the metadata store; what a killed run left is not there.
        size: Size of all files in bytes, in an object store of those there.
    """

    paths: list[Path]
    artifacts: list[int]
    size: int


def find_superfluous(history: History, keep_runs: int) -> Superfluous:
    """Finds what neither the last runs nor a model in `serving/` needs, nor what would be restored to it.

    Args:
        history: History of the workspace.
        keep_runs: Number of runs to keep whole, newest first.
    """
    kept = {id(run): run for run in history.runs[-keep_runs:]}
    needed = {_place(artifact.path) for run in kept.values() for artifact in _artifacts(run)}
    is_lost = serving.production(history.serving) is None  # then every copy may be needed to restore it
    for model in history.models:
        if any(is_lost or serving.locate(history.serving, version) for version in model.versions):
            steps = [step for _, step in model.steps] + [model.evaluated, *model.pushes]
            outputs = (artifact for step in steps if step for artifact in artifacts_in(step.outputs))
            needed |= {_place(artifact.path) for artifact in outputs}
            kept[id(model.run)] = model.run
    there = session.sizes(history.workspace)
    folders = {*find_folders(history.workspace), *(path for path in there if path.suffix != _PAGE)}
    paths = [folder for folder in sorted(folders) if _place(folder) not in needed]
    pages = (
        history.workspace / "reports" / f"{run.name}{_PAGE}" for run in history.runs if id(run) not in kept
    )
    paths += [page for page in pages if page.is_file() or page in there]
    gone = set(map(_place, paths))
    known = {
        each.id
        for run in history.runs
        for each in _artifacts(run)
        if each.is_live and _place(each.path) in gone
    }
    return Superfluous(
        paths, sorted(known), sum(there[path] if path in there else _size(path) for path in paths)
    )


def remove(workspace: Path, found: Superfluous) -> None:
    """Removes files, after the metadata store says that they are gone; those in an object store, too.

    Args:
        workspace: Workspace that no run uses.
        found: What to remove.
    """
    with quiet():  # MLMD's client greets
        store = open_writable(workspace)
    artifacts = store.get_artifacts_by_id(found.artifacts)
    for artifact in artifacts:
        artifact.state = artifact.DELETED
    store.put_artifacts(artifacts)
    session.remove(workspace, found.paths)
    for path in found.paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _artifacts(run: Run) -> Iterator[Artifact]:
    for step in run.steps:
        yield from artifacts_in(step.inputs)
        yield from artifacts_in(step.outputs)


def _place(folder: Path) -> tuple[str, ...]:
    """Pipeline, component, key and execution: what stays the same when a workspace is moved or copied."""
    return folder.parts[-4:]


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files)
