"""`python -m pipeline models`."""

from pathlib import Path

import click

from pipeline.command_options import JSON, WORKSPACE


@click.command(short_help="List the models.")
@WORKSPACE
@JSON
def models(workspace: Path, as_json: bool) -> None:
    """List the models: version, state, metric, run, schedule."""
    from pipeline.history import facts, tables
    from pipeline.history.workspace import History

    history = History(workspace)
    rows = [facts.model_row(history, model) for model in history.models]
    if as_json:
        click.echo(facts.dumps(rows))
    elif rows:
        tables.console().print(tables.models_table(rows))
    else:
        click.echo("No models have been trained yet.")
