"""`python -m pipeline diff`."""

from pathlib import Path

import click

from components.errors import UserError
from pipeline.command_options import JSON, WORKSPACE, say


@click.command(short_help="Compare two runs or two models.")
@click.argument("a")
@click.argument("b")
@WORKSPACE
@JSON
def diff(a: str, b: str, workspace: Path, as_json: bool) -> None:
    """Compare two runs or two models: data, schema, code, configuration, metrics.

    A and B are runs (r3, or the full run name), models (m2) or versions.
    """
    from pipeline.history import facts, tables
    from pipeline.history.workspace import History

    history = History(workspace)
    left, right = (facts.of(history, history.find(name)) for name in (a, b))
    if left["kind"] != right["kind"]:
        raise UserError(
            f"{a} is a {left['kind']} and {b} is a {right['kind']}; compare two runs or two models"
        )
    found = facts.differences(left, right)
    if as_json:
        click.echo(facts.dumps({key: {"a": pair[0], "b": pair[1]} for key, pair in found.items()}))
    elif found:
        tables.console().print(tables.differences_table(found, a, b))
    else:
        say(f"No differences between {a} and {b}.")
