"""Options that commands share."""

from pathlib import Path

import click

WORKSPACE = click.option(
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("workspace"),
    show_default=True,
    help="Workspace of the runs.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON; docs/lineage.md lists its fields.")
