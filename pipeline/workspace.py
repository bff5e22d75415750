"""The folder of all that runs make. One run at a time uses it."""

import contextlib
import datetime
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from components.errors import UserError

LOCK_FILE = "run.lock"
"""Says which run uses the workspace; the lock itself is the system's, and goes with the process that holds it."""


def create(workspace: Path) -> None:
    """Makes the folder.

    Raises:
        UserError: there cannot be one.
    """
    try:
        workspace.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(workspace, error) from None


@contextlib.contextmanager
def claimed(workspace: Path) -> Iterator[None]:
    """Makes the folder, and keeps other runs out of it.

    Raises:
        UserError: another run uses it, or nothing can be written there.
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
        yield


def _unusable(workspace: Path, error: OSError) -> UserError:
    return UserError(
        f"workspace: {workspace} cannot be used: {error.strerror}; give a folder that can be written to with "
        "--workspace"
    )
