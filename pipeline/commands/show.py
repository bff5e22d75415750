"""`python -m pipeline show`."""

from pathlib import Path

import click

from pipeline.command_options import JSON, WORKSPACE


@click.command(short_help="Show what a run did, or where a model came from.")
@click.argument("name", metavar="ID")
@WORKSPACE
@JSON
def show(name: str, workspace: Path, as_json: bool) -> None:
    """Show what a run did, or where a model came from.

    ID is a run (r3, or the full run name), a model (m2) or a version.
    """
    from pipeline.history import facts, tables
    from pipeline.history.workspace import History

    history = History(workspace)
    found = facts.of(history, history.find(name))
    if as_json:
        click.echo(facts.dumps(found))
        return
    console = tables.console()
    console.print(tables.facts_table(found))
    console.print()
    console.print(tables.steps_table(found["steps"], of_model=found["kind"] == "model"))
