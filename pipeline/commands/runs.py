"""`python -m pipeline runs`."""

from pathlib import Path

import click

from pipeline.command_options import JSON, WORKSPACE


@click.command(short_help="List the runs.")
@WORKSPACE
@JSON
def runs(workspace: Path, as_json: bool) -> None:
    """List the runs: state, cached components, metric, schedule, data, model; and what searches are doing."""
    from pipeline.history import facts, tables
    from pipeline.history.workspace import History

    history = History(workspace)
    rows = [facts.run_row(history, run) for run in history.runs]
    if as_json:
        click.echo(facts.dumps(rows))
    else:
        console = tables.console()
        console.print(tables.runs_table(rows))
        for line in tables.searches_in(rows):
            console.print(line)
