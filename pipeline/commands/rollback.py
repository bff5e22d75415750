"""`python -m pipeline rollback`."""

import contextlib
import json
from pathlib import Path

import click

from components.errors import UserError
from components.model_store import changes, serving
from pipeline.command_options import JSON, WORKSPACE, say
from pipeline.remote import session
from pipeline.remote.place import shown
from pipeline.upkeep.production import Production
from pipeline.workspace import check_format


@click.command(short_help="Put an earlier version back into production.")
@click.argument("version")
@WORKSPACE
@JSON
def rollback(version: str, workspace: Path, as_json: bool) -> None:
    """Put an earlier version back into production.

    VERSION is a number, or a model such as m2. Newer versions are withdrawn: servers switch to VERSION, and no run
    pushes the withdrawn models again. Rolling back to a withdrawn version restores it. In an object store, this waits
    for no run: while one is in progress, it is refused.
    """
    check_format(workspace)
    folder = workspace / "serving"
    with session.changing(workspace):
        number = int(version) if serving.is_version(version) else _version_of(version, workspace)
        if model := serving.locate(folder, number):
            serving.check(model, whole=True)
        try:
            withdrawn = changes.make_production(folder, number)
        except changes.VersionError as error:
            raise UserError(str(error)) from None
        with contextlib.suppress(OSError):  # the next run writes it, too
            Production(workspace).note_withdrawn()
    path = shown(workspace, folder / str(number))
    if as_json:
        click.echo(json.dumps({"version": number, "path": path, "withdrawn": withdrawn}, indent=2))
        return
    say(f"Version {number} is in production: {path}")
    if withdrawn:
        click.echo(f"Withdrawn: {', '.join(map(str, withdrawn))}")


def _version_of(name: str, workspace: Path) -> int:
    from pipeline.history.records import TrainedModel
    from pipeline.history.workspace import History

    history = History(workspace)
    found = history.find(name)
    if not isinstance(found, TrainedModel):
        raise UserError(f"{name} is a run; give a version or a model")
    here = [version for version in found.versions if serving.locate(history.serving, version)]
    if not here:
        raise UserError(f"model {name} has no version in {history.serving}: it is {history.state_of(found)}")
    return here[-1]
