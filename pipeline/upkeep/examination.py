"""Finds what is damaged in a workspace."""

from collections.abc import Iterator
from pathlib import Path

from components import checksums
from components.errors import UserError
from pipeline.history.workspace import History
from pipeline.upkeep import database
from pipeline.upkeep.production import Production
from pipeline.workspace import DATABASE, check_format


def examine(workspace: Path) -> Iterator[str]:
    """Reads every file that a run left, and compares it with its checksum.

    Yields:
        A line for each fault, with its remedy.
    """
    try:
        check_format(workspace)
        database.check(workspace)
    except UserError as error:
        yield str(error)
        return
    production = Production(workspace)
    for model, fault in production.faults(whole=True):
        yield f"{fault}; {production.remedy(model)}"
    if not (workspace / DATABASE).exists():
        return
    history = History(workspace)
    artifacts = {
        artifact.id: artifact
        for run in history.runs
        for step in run.steps
        for outputs in step.outputs.values()
        for artifact in outputs
        if artifact.is_live
    }
    for artifact in artifacts.values():
        if not artifact.path.is_dir():
            yield f"{artifact.path} is missing; the next run that needs it makes it again"
        elif (taken := artifact.properties.get(checksums.PROPERTY)) and (
            fault := checksums.damage(artifact.path, taken, whole=True)
        ):
            yield f"{fault}; a run with --verify makes it again if it needs it"
