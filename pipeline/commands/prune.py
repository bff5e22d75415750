"""`python -m pipeline prune`."""

from pathlib import Path

import click

from pipeline.command_options import WORKSPACE, say


@click.command(short_help="Remove the artifacts of old runs.")
@WORKSPACE
@click.option(
    "--keep-runs",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Runs to keep whole, newest first.",
)
@click.option("--yes", is_flag=True, help="Remove without asking.")
def prune(workspace: Path, keep_runs: int, yes: bool) -> None:
    """Remove the artifacts and reports of old runs.

    Models in serving/, also withdrawn ones, and everything they were made from are kept, and the records of all runs.
    """
    from rich.filesize import decimal

    from pipeline.history import store
    from pipeline.history.workspace import History
    from pipeline.metadata.binding import Binding
    from pipeline.metadata.lock import held
    from pipeline.remote import session
    from pipeline.remote.place import shown
    from pipeline.upkeep import pruning
    from pipeline.workspace import private

    workspace = workspace.resolve()
    store.find(workspace)
    with private(workspace), held(Binding.of(workspace), workspace) as lock, session.claimed(workspace):
        found = pruning.find_superfluous(History(workspace), keep_runs)
        if not found.paths:
            click.echo("Nothing to remove.")
            return
        there = session.sizes(workspace)
        for path in found.paths:
            say(shown(workspace, path) if path in there else str(path))
        if not yes:
            click.confirm(f"Remove these {len(found.paths)} ({decimal(found.size)})?", abort=True)
        if lock:
            lock.check()
        pruning.remove(workspace, found)
    click.echo(f"Removed {len(found.paths)} ({decimal(found.size)}).")
