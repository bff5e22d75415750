"""The metadata store of a workspace: in the object store under increasing numbers, in the working copy as a file.

A number is created by a conditional write, so that of two that continue the same one, one is refused. The files of the
artifacts that a metadata store knows are put before it.
"""

import contextlib
import hashlib
import shutil
import sqlite3
import tempfile
from pathlib import Path

from components.errors import UserError
from pipeline.metadata.file import connect
from pipeline.remote import artifacts
from pipeline.remote.place import Remote
from pipeline.workspace import DATABASE
from reactive_schedules import durable

_FOLDER = "metadata"
_KEPT = 3
"""Metadata stores to keep: the last, and those that somebody may be reading."""

_LIVE = 2  # of ml_metadata's Artifact.State


def numbers(remote: Remote) -> list[int]:
    """The numbers in the object store, lowest first."""
    names = (Path(name) for name in remote.store.names(_FOLDER))
    return sorted(int(name.stem) for name in names if name.suffix == ".db" and name.stem.isdecimal())


def pull(remote: Remote, number: int) -> None:
    """Replaces the metadata store of the working copy by that of a number, and forgets what was not published.

    Raises:
        UserError: It is no longer there.
    """
    content = remote.store.get(_name(number))
    if content is None:
        raise UserError(f"workspace: {remote.uri} was changed several times at this moment; try again")
    _forget_unpublished(remote)
    file = remote.folder / DATABASE
    for suffix in ("-journal", "-wal", "-shm"):  # of the one that is replaced
        file.with_name(f"{file.name}{suffix}").unlink(missing_ok=True)
    durable.write(file, content)
    _note(remote, file, number, content)


def push(remote: Remote) -> None:
    """Publishes the metadata store of the working copy if it is new, after the files of its artifacts.

    Raises:
        UserError: Another process has continued the same one.
    """
    with tempfile.TemporaryDirectory(dir=remote.folder, prefix=".metadata-") as scratch:
        copy = Path(scratch, DATABASE)
        with contextlib.closing(sqlite3.connect(copy)) as target:
            with connect(remote.folder / DATABASE) as source:
                source.backup(target)
            tables = {name for (name,) in target.execute("SELECT name FROM sqlite_master")}
            if "Artifact" not in tables:
                return  # a run was killed before its first component
            new = target.execute(
                "SELECT uri FROM Artifact WHERE id > ? AND state = ?", (remote.state.artifact, _LIVE)
            ).fetchall()
        content = copy.read_bytes()
        if hashlib.sha256(content).hexdigest() == remote.state.digest:
            return
        for (uri,) in new:
            if remote.has(uri):
                artifacts.put(remote, uri)
        number = remote.state.number + 1
        # Nobody but the owner of the lock gets here, unless the owner stood still; then one of the two is refused.
        created = remote.store.create(_name(number), content)
        if not created or max(numbers(remote), default=0) != number:
            raise UserError(
                f"workspace: {remote.uri} was changed by another run; run the same command again to go on from there"
            )
        _note(remote, copy, number, content)
        remote.store.remove(_name(old) for old in numbers(remote) if old <= number - _KEPT)


def _forget_unpublished(remote: Remote) -> None:
    """Removes what another process has overtaken: its numbers may mean something else now."""
    for folder in (remote.folder / "artifacts").glob("*/*/*/*"):
        number = int(folder.name) if folder.name.isdecimal() else 0
        if number > remote.state.execution:
            shutil.rmtree(folder, ignore_errors=True)
    for checkpoints in (remote.folder / "artifacts").glob("*/*/checkpoints"):
        shutil.rmtree(checkpoints, ignore_errors=True)


def _note(remote: Remote, file: Path, number: int, content: bytes) -> None:
    with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        (execution,) = opened.execute("SELECT MAX(id) FROM Execution").fetchone()
        (artifact,) = opened.execute("SELECT MAX(id) FROM Artifact").fetchone()
    digest = hashlib.sha256(content).hexdigest()
    remote.note(number=number, digest=digest, execution=execution or 0, artifact=artifact or 0)


def _name(number: int) -> str:
    return f"{_FOLDER}/{number:08}.db"
