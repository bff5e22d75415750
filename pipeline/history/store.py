"""Reads the metadata store of a workspace."""

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import UserError
from pipeline.metadata import excerpt, lock
from pipeline.metadata.binding import Binding
from pipeline.metadata.file import connect
from pipeline.metadata.server import config_of
from pipeline.remote import lock as remote_lock
from pipeline.remote import place
from pipeline.workspace import DATABASE, STORE_FILE, check_format, has_store

if TYPE_CHECKING:
    from ml_metadata.metadata_store.metadata_store import MetadataStore


@contextlib.contextmanager
def snapshot(workspace: Path) -> "Iterator[MetadataStore]":
    """Opens a copy of the store as an `ml_metadata.MetadataStore`; of a shared store, what belongs to the workspace.

    The copy is consistent even while a pipeline runs, and nothing can be written to the original.

    Raises:
        UserError: There is no store, it cannot be reached or is damaged, or a different release wrote it.
    """
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, DATABASE)
        file = find(workspace)
        if bound := Binding.of(workspace):
            excerpt.copy(bound, copy)
        else:
            _copy(file, copy)
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(copy)
        yield metadata_store.MetadataStore(config, enable_upgrade_migration=True)


def open_writable(workspace: Path) -> "MetadataStore":
    """Opens the store itself; the caller keeps runs out of the workspace."""
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    file = find(workspace)
    if bound := Binding.of(workspace):
        return metadata_store.MetadataStore(config_of(bound.address))
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(file)
    return metadata_store.MetadataStore(config)


def is_used_elsewhere(workspace: Path) -> bool:
    """Whether a run on another machine may use the workspace; without a shared store, nobody knows."""
    if remote := place.of(workspace):
        return remote_lock.is_held(remote)
    bound = Binding.of(workspace)
    return bound is None or lock.is_held(bound)


def find(workspace: Path) -> Path:
    """Finds the file of the store, or the file that says where it is.

    Raises:
        UserError: There is none, or a different release wrote it.
    """
    for name in (STORE_FILE, DATABASE):
        if (file := workspace / name).is_file():
            check_format(workspace)
            return file
    if remote := place.of(workspace):
        raise UserError(
            f"{remote.uri} contains no runs; run the pipeline first, or choose another place with --workspace"
        )
    if not workspace.is_dir():
        raise UserError(
            f"{workspace} does not exist; run the pipeline first, or choose another folder with --workspace"
        )
    inside = sorted(str(found) for found in workspace.iterdir() if has_store(found))
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
