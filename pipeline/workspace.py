"""The workspace: the folder for everything that runs produce. One run at a time uses it.

It is private: only its owner can read it, unless the owner has opened it to a group. See `private`.
"""

import contextlib
import datetime
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from components.errors import UserError

DATABASE = "metadata.db"
"""The metadata store of all runs."""

STORE_FILE = "metadata.json"
"""Says which shared metadata store the workspace has instead; see `pipeline.metadata`."""

FOLDERS = ("artifacts", "data", "logs", "reports", "serving")
"""What a workspace holds besides the metadata store."""

FORMAT_FILE = "FORMAT"
"""File with the number of the workspace's format."""

FORMAT = 1
"""The format that this release reads and writes; increased whenever older workspaces can no longer be read."""

TEMPORARY = "run.tmp"
"""Folder for the temporary files of a run and its child processes; deleted when the run ends."""

LOCK_FILE = "run.lock"
"""Names the run that uses the workspace. The lock itself belongs to the system and ends with the process."""

WITHDRAWN_FILE = "withdrawn.json"
"""Versions that were withdrawn by a rollback, kept beside `serving/` in case that is deleted."""

CONTENT = {*FOLDERS, DATABASE, STORE_FILE, FORMAT_FILE, LOCK_FILE, WITHDRAWN_FILE, TEMPORARY}
"""The names of everything in a workspace."""

_PUBLIC = {"serving"}
_PERHAPS_THE_USERS = {"data", "logs", "reports"}
_GROUP_AND_OTHERS, _OTHERS_READ = 0o077, 0o004


def create(workspace: Path) -> None:
    """Creates the folder.

    Raises:
        UserError: The folder cannot be created.
    """
    try:
        workspace.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(workspace, error) from None


def check_usable(workspace: Path) -> None:
    """Checks that a run can write to every part of a workspace that exists, by doing so.

    Raises:
        UserError: A part is not a folder (for the database, a file), or cannot be written.
    """
    if re.match(r"[a-z][a-z0-9+.-]+:/", str(workspace)):
        raise UserError(
            f"workspace: {workspace} is no folder; give the URI as a text to pipeline.remote.session.up_to_date, which "
            "returns the folder of its working copy"
        )
    try:
        str(workspace).encode()
    except UnicodeEncodeError:  # which the metadata store cannot hold
        raise UserError(
            f"workspace: {str(workspace)!r} is not UTF-8; choose another folder with --workspace"
        ) from None
    for place in (workspace, *(workspace / name for name in FOLDERS), workspace / DATABASE):
        try:
            if place.name == DATABASE:
                place.open("r+b").close()
            else:
                tempfile.TemporaryFile(dir=place).close()
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not place.is_symlink():
                continue  # a run creates it
            raise _unusable(place, error) from None


@contextlib.contextmanager
def private(workspace: Path) -> Iterator[None]:
    """Makes what this process and its children write as private as the workspace, by the umask.

    A new workspace has mode 700, so new files have mode 600. A folder that others cannot read keeps its mode, and new
    files follow it: below a folder of mode 770, the group can read and write them.
    """
    try:
        mode = workspace.stat().st_mode
    except OSError:  # does not exist yet
        mode = 0o700
    before = os.umask(_GROUP_AND_OTHERS if mode & _OTHERS_READ else ~mode & 0o777)
    try:
        yield
    finally:
        mask = os.umask(before)
        with contextlib.suppress(OSError):
            (workspace / DATABASE).chmod(0o666 & ~mask)  # SQLite does not let a group write


def _tighten(workspace: Path) -> None:
    """If others can read a workspace, because it was made by hand, makes it private.

    `serving/` stays readable for a server, and so does a folder with anything else in it, which is the user's.
    """
    mode = workspace.stat().st_mode
    if not mode & _OTHERS_READ:
        return
    names = {entry.name for entry in workspace.iterdir() if not entry.is_symlink()}
    own = names & CONTENT - _PUBLIC
    if names <= CONTENT:
        _make_private(workspace)
    else:
        own -= _PERHAPS_THE_USERS
    for name in own:
        _make_private(workspace / name)
        for folder, folders, files in os.walk(workspace / name):
            for inner in (*folders, *files):
                _make_private(Path(folder, inner))


def _make_private(path: Path) -> None:
    if not path.is_symlink():
        with contextlib.suppress(OSError):  # it belongs to another user, or the file system has no modes
            path.chmod(path.stat().st_mode & ~_GROUP_AND_OTHERS & 0o7777)


def has_store(workspace: Path) -> bool:
    """Whether there is a metadata store, in the workspace or on a server."""
    return (workspace / DATABASE).exists() or (workspace / STORE_FILE).exists()


def check_format(workspace: Path) -> None:
    """Checks that this release can read the results of earlier runs, if there are any.

    Raises:
        UserError: A different release wrote the workspace.
    """
    if not has_store(workspace):
        return
    try:
        found = int((workspace / FORMAT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = 0  # from a release before this file
    if found != FORMAT:
        release = "an older" if found < FORMAT else "a newer"
        raise UserError(
            f"workspace: {workspace} was written by {release} release; choose another folder with --workspace, or "
            "delete it"
        )


@contextlib.contextmanager
def claimed(workspace: Path) -> Iterator[None]:
    """Creates the folder, keeps other runs out of it, and keeps temporary files inside it.

    Raises:
        UserError: Another run uses the folder, a different release wrote it, or it is not writable.
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
                f"workspace: {workspace} is in use by another run ({file.read().strip()}); wait for it to finish, or "
                "choose another folder with --workspace"
            ) from None
        except OSError as error:
            raise _unusable(workspace, error) from None
        file.truncate(0)
        file.write(f"pid {os.getpid()}, since {datetime.datetime.now():%Y-%m-%d %H:%M:%S}\n")
        file.flush()
        check_format(workspace)
        _tighten(workspace)
        mark(workspace)
        _remove_leftovers(workspace)
        try:
            with temporary_files_in(workspace / TEMPORARY):
                yield
        finally:
            _remove_leftovers(workspace)


@contextlib.contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """Makes this process and its children put temporary files into a folder, which is created."""
    folder.mkdir(exist_ok=True)
    before = os.environ.get("TMPDIR"), tempfile.tempdir
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder.absolute())
    try:
        yield
    finally:
        variable, tempfile.tempdir = before
        if variable is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = variable


def _remove_leftovers(workspace: Path) -> None:
    """Removes temporary files, which after a kill include those of TFX; only the run that has the lock may do it."""
    leftovers = [workspace / TEMPORARY, *workspace.glob("artifacts/*/*/.system/executor_execution/*/.temp")]
    for folder in leftovers:
        shutil.rmtree(folder, ignore_errors=True)


def mark(workspace: Path) -> None:
    """Writes the format before the first run creates anything that depends on it.

    Raises:
        UserError: The folder cannot be written.
    """
    if has_store(workspace):
        return
    try:
        (workspace / FORMAT_FILE).write_text(f"{FORMAT}\n", encoding="utf-8")
    except OSError as error:
        raise _unusable(workspace, error) from None


def _unusable(place: Path, error: OSError) -> UserError:
    return UserError(
        f"workspace: {place} cannot be used: {error.strerror}; fix this, or choose another folder with --workspace"
    )
