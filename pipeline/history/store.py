"""Reads the metadata store of a workspace."""

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import UserError
from pipeline.workspace import DATABASE, check_format

if TYPE_CHECKING:
    from ml_metadata.metadata_store.metadata_store import MetadataStore

_LOCKED_SECONDS = 30
"""How long to wait for a running pipeline to finish a write, which takes milliseconds."""


@contextlib.contextmanager
def snapshot(workspace: Path) -> "Iterator[MetadataStore]":
    """Opens a copy of the store as an `ml_metadata.MetadataStore`.

    The copy is consistent even while a pipeline runs, and nothing can be written to the original.

    Raises:
        UserError: There is no store, the file is damaged, or a different release wrote it.
    """
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, DATABASE)
        _copy(find(workspace), copy)
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(copy)
        yield metadata_store.MetadataStore(config, enable_upgrade_migration=True)


def open_writable(workspace: Path) -> "MetadataStore":
    """Opens the store itself; the caller keeps runs out of the workspace."""
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(find(workspace))
    return metadata_store.MetadataStore(config)


def connect(file: Path) -> "contextlib.closing[sqlite3.Connection]":
    """Opens the file of a store to read it, and waits while a run writes to it.

    SQLite undoes what a killed run has left half written, for which it must be able to write.
    """
    uri = f"{file.absolute().as_uri()}?mode=rw"  # read-only where the file is
    return contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_LOCKED_SECONDS))


def find(workspace: Path) -> Path:
    """Finds the file of the store.

    Raises:
        UserError: There is none, or a different release wrote it.
    """
    file = workspace / DATABASE
    if file.is_file():
        check_format(workspace)
        return file
    if not workspace.is_dir():
        raise UserError(
            f"{workspace} does not exist; run the pipeline first, or choose another folder with --workspace"
        )
    inside = sorted(str(found.parent) for found in workspace.glob(f"*/{DATABASE}"))
    remedy = f"try --workspace {' or '.join(inside)}" if inside else "run the pipeline first"
    raise UserError(f"{workspace} contains no runs: there is no {DATABASE}; {remedy}")


def _copy(file: Path, copy: Path) -> None:
    try:
        with (
            connect(file) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.isolation_level = None
            # Take the read lock here, where the wait for it has a limit.
            source.execute("BEGIN")
            source.execute("SELECT schema_version FROM MLMDEnv").fetchall()
            source.backup(target)
    except sqlite3.DatabaseError as error:
        raise UserError(f"{file} is not a readable ML Metadata store: {error}") from None
