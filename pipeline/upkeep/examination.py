"""Finds what is damaged in a workspace."""

from collections.abc import Iterator
from pathlib import Path

from components import checksums
from components.errors import UserError
from components.model_store import serving
from pipeline.history import store
from pipeline.history.records import artifacts_in
from pipeline.history.workspace import History
from pipeline.metadata.server import ServerError
from pipeline.remote import artifacts as artifacts_of
from pipeline.upkeep import database
from pipeline.upkeep.production import Production
from pipeline.workspace import has_store


def examine(workspace: Path) -> Iterator[str]:
    """Reads every file that a run left, and compares it with its checksum.

    Yields:
        A line for each fault, with its remedy.

    Raises:
        UserError: The folder is not a workspace, a different release wrote it, or its shared store cannot be used.
    """
    if not serving.numbers(workspace / "serving"):
        store.find(workspace)
    production = Production(workspace)
    try:
        database.check(workspace)
    except ServerError:
        raise  # nothing is damaged
    except UserError as error:
        yield str(error)
        production = Production(workspace, lambda _: {})
    for model, fault in production.faults(whole=True):
        yield f"{fault}; {production.remedy(model)}"
    if not has_store(workspace):
        return
    for version, copy, _ in production.missing(keep=1):
        yield f"version {version} is missing from {workspace / 'serving'}; the next run restores it from {copy}"
    try:
        yield from _artifact_faults(History(workspace))
    except UserError:
        return  # a damaged database, see above


def _artifact_faults(history: History) -> Iterator[str]:
    artifacts = {
        artifact.id: artifact
        for run in history.runs
        for step in run.steps
        for artifact in artifacts_in(step.outputs)
        if artifact.is_live
    }
    for artifact in artifacts.values():
        taken = artifact.properties.get(checksums.PROPERTY)
        if artifact.remote and taken:
            fault = artifacts_of.damage(artifact.remote, artifact.place, artifact.id, taken, whole=True)
            if fault:
                yield f"{fault}; a run with --verify that needs it recreates it"
        elif not artifact.path.is_dir():
            yield f"{artifact.path} is missing; the next run that needs it recreates it"
        elif taken and (fault := checksums.damage(artifact.path, taken, whole=True)):
            yield f"{fault}; a run with --verify that needs it recreates it"
