"""Reads what a run reads before it starts; a module without imports, since each mutation has a process of its own."""

import traceback
from multiprocessing.connection import Connection
from pathlib import Path

LONGEST_LINE = 2000
"""Characters of a message that can still be read."""


def read(config: Path, workspace: Path, sender: Connection) -> None:
    """Reads a configuration and its data, in a process of its own; sends how it ended, see `Outcome`."""
    from components.errors import UserError
    from pipeline.config.load import load
    from pipeline.config.prepare import prepare

    try:
        prepare(load(config), workspace)
    except UserError as error:
        is_short = all(0 < len(line) <= LONGEST_LINE for line in str(error).split("\n"))
        sender.send(("refused with its remedy" if is_short else "long message", is_short, str(error)))
    except BaseException as error:
        sender.send((f"traceback: {type(error).__name__}", False, traceback.format_exc()))
    else:
        sender.send(("accepted", True, ""))
