"""`python -m pipeline doctor`."""

import sys
from pathlib import Path

import click

from pipeline.command_options import WORKSPACE, say


@click.command(short_help="Find damaged files.")
@WORKSPACE
def doctor(workspace: Path) -> None:
    """Find damaged files in a workspace, and say how each is repaired.

    All files that runs left are read and compared with their checksums. Exits with 1 if there is damage.
    """
    from pipeline.upkeep.examination import examine

    faults = 0
    for line in examine(workspace.absolute()):
        faults += 1
        say(line)
    if faults:
        sys.exit(1)
    say(f"No damage found in {workspace}.")
