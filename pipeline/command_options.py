"""Options that commands share."""

from pathlib import Path

import click

WORKSPACE = click.option(
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("workspace"),
    show_default=True,
    help="The folder that runs wrote to.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, whose fields docs/lineage.md lists.")
