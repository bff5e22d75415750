"""The folder of all that runs make. One run at a time uses it."""

import contextlib
import datetime
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from components.errors import UserError

DATABASE = "metadata.db"
"""The metadata store of all runs."""

FORMAT_FILE = "FORMAT"
"""Holds the number of the layout that the workspace has."""

FORMAT = 1
"""The layout that this release reads and writes; increased whenever older workspaces can no longer be read."""

LOCK_FILE = "run.lock"
"""Says which run uses the workspace; the lock itself is the system's, and goes with the process that holds it."""


def create(workspace: Path) -> None:
    """Makes the folder.

    Raises:
        UserError: it cannot be made.
    """
    try:
        workspace.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(workspace, error) from None


def check_format(workspace: Path) -> None:
    """Makes sure that what earlier runs left in a workspace, if anything, can be read by this release.

    Raises:
        UserError: another release made it.
    """
    if not (workspace / DATABASE).exists():
        return
    try:
        found = int((workspace / FORMAT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = 0  # as before there was such a file
    if found != FORMAT:
        release = "an older" if found < FORMAT else "a newer"
        raise UserError(
            f"workspace: {workspace} is of {release} release; give another folder with --workspace, or delete it"
        )


@contextlib.contextmanager
def claimed(workspace: Path) -> Iterator[None]:
    """Makes the folder, and keeps other runs out of it.

    Raises:
        UserError: another run uses it, another release made it, or nothing can be written there.
    """
    create(workspace)
    try:
        file = (workspace / LOCK_FILE).open("a+", encoding="utf-8")
    except OSError as error:
        raise _unusable(workspace, error) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise UserError(
                f"workspace: {workspace} is used by another run ({file.read().strip()}); wait for it, or give "
                "another folder with --workspace"
            ) from None
        except OSError as error:
            raise _unusable(workspace, error) from None
        file.truncate(0)
        file.write(f"pid {os.getpid()}, since {datetime.datetime.now():%Y-%m-%d %H:%M:%S}\n")
        file.flush()
        check_format(workspace)
        _mark(workspace)
        yield


def _mark(workspace: Path) -> None:
    """Writes the format before the first run makes anything that depends on it."""
    if (workspace / DATABASE).exists():
        return
    try:
        (workspace / FORMAT_FILE).write_text(f"{FORMAT}\n", encoding="utf-8")
    except OSError as error:
        raise _unusable(workspace, error) from None


def _unusable(workspace: Path, error: OSError) -> UserError:
    return UserError(
        f"workspace: {workspace} cannot be used: {error.strerror}; give a folder that can be written to with "
        "--workspace"
    )
