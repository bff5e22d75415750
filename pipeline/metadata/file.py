"""The metadata store of a workspace of its own, a file of SQLite."""

import contextlib
import sqlite3
from pathlib import Path

_LOCKED_SECONDS = 30
"""How long to wait for a running pipeline to finish a write, which takes milliseconds."""


def connect(file: Path) -> "contextlib.closing[sqlite3.Connection]":
    """Opens the file of a store to read it, and waits while a run writes to it.

    SQLite undoes what a killed run has left half written, for which it must be able to write.
    """
    uri = f"{file.absolute().as_uri()}?mode=rw"  # read-only where the file is
    return contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_LOCKED_SECONDS))
