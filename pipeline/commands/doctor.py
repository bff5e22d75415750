"""`python -m pipeline doctor`."""

import sys
from pathlib import Path

import click

from pipeline.command_options import WORKSPACE, say
from pipeline.remote.place import shown


@click.command(short_help="Find damaged files.")
@WORKSPACE
def doctor(workspace: Path) -> None:
    """Find damaged files in a workspace, and say how each is repaired.

    All files that runs left are read and compared with their checksums. Exits with 1 if there is damage.
    """
    from pipeline.upkeep.examination import examine

    faults, place = 0, shown(workspace, workspace)
    for line in examine(workspace.absolute()):
        faults += 1
        say(line)
    if faults:
        sys.exit(1)
    say(f"No damage found in {place}.")
