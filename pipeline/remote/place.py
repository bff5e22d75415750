"""Where a workspace in an object store is, and where its working copy on this machine is."""

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from components.errors import UserError
from reactive_schedules import durable
from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor.store import Store, StoreError

STATE_FILE = "REMOTE"
"""File of a working copy that says what it is a copy of, see `State`."""


@dataclasses.dataclass(frozen=True)
class State:
    """What a working copy is a copy of.

    Attributes:
        uri: URI of the workspace.
        number: Number of the metadata store in it that this one continues; 0 if there was none.
        digest: SHA-256 of that metadata store.
        execution: Highest number of an execution in it.
        artifact: Highest number of an artifact in it.
        copy: What tells this working copy from all others.
        workspace: What tells the workspace from others that are, or were, at the same URI; empty before the first run.
        torn: Versions of models whose files in the store were damaged when they were brought.
    """

    uri: str
    copy: str
    workspace: str = ""
    number: int = 0
    digest: str = ""
    execution: int = 0
    artifact: int = 0
    torn: Sequence[int] = ()


class Remote:
    """A workspace in an object store.

    Args:
        folder: Its working copy.
        state: What that is a copy of.
    """

    def __init__(self, folder: Path, state: State) -> None:
        self.folder, self.uri, self.state = folder, state.uri, state

    @cached_property
    def store(self) -> Store:
        """The objects of the workspace.

        Raises:
            UserError: The store cannot be used from here.
        """
        try:
            with self.reached("used"):
                return Store(self.uri)
        except StoreError as error:
            raise UserError(f"workspace: {str(error).removeprefix('store: ')}") from None

    def note(self, **changes: Any) -> None:
        """Changes the state, and writes it down."""
        self.state = dataclasses.replace(self.state, **changes)
        durable.write(self.folder / STATE_FILE, json.dumps(dataclasses.asdict(self.state)).encode())

    def has(self, uri: str) -> bool:
        """Whether a URI is one of this workspace."""
        return uri.startswith(f"{self.uri}/")

    def name_of(self, uri: str) -> str:
        """The name of an object in the store."""
        return uri.removeprefix(f"{self.uri}/")

    def local(self, uri: str) -> str:
        """The path in the working copy of a URI; anything else is returned as it is."""
        return f"{self.folder}/{self.name_of(uri)}" if self.has(uri) else uri

    def uri_of(self, path: str) -> str:
        """Inverse of `local`."""
        inside = f"{self.folder}/"
        return f"{self.uri}/{path.removeprefix(inside)}" if path.startswith(inside) else path

    @contextlib.contextmanager
    def reached(self, doing: str) -> Iterator[None]:
        """Turns what any store raises into one line.

        Args:
            doing: What cannot be done if it raises, such as `read`.
        """
        try:
            yield
        except (UserError, StoreError):
            raise
        except Exception as error:  # every store has its own
            raise UserError(
                f"workspace: {self.uri} cannot be {doing} ({summary_of(error)}); see whether the bucket exists, and "
                "whether the environment has credentials for it (such as AWS_ACCESS_KEY_ID) and its address "
                "(AWS_ENDPOINT_URL)"
            ) from error


def is_uri(workspace: object) -> bool:
    """Whether a workspace is in an object store."""
    return "://" in str(workspace)


def check_alone(workspace: object, metadata: str | None) -> None:
    """Checks that a workspace in an object store is to have no shared metadata store, which would not know its name.

    Raises:
        UserError: It is to have one.
    """
    if metadata and is_uri(workspace):
        raise UserError(
            "metadata: a workspace in an object store keeps its metadata store there; remove metadata from the "
            "configuration, or choose a folder with --workspace"
        )


def folder_of(uri: str) -> Path:
    """The working copy of a workspace: `workspace/<protocol>/<bucket>/<path>`, below the working directory.

    Raises:
        UserError: The URI has parts that are no names of folders.
    """
    protocol, _, place = uri.partition("://")
    parts = place.strip("/").split("/")
    is_local = protocol in ("file", "local")
    if any(part in ("", ".", "..") for part in parts) or "@" in parts[0] or place.startswith("/") != is_local:
        raise UserError(
            f"workspace: {uri.rpartition('@')[2]!r} is no place for a workspace; give one such as s3://bucket/path or "
            "file:///folder (credentials are read from the environment)"
        )
    return Path("workspace", protocol, *parts)


def shown(folder: Path, path: Path) -> str:
    """A path inside a workspace as it is shown: for one in an object store, as URI."""
    remote = of(folder)
    if remote is None:
        return str(path)
    return remote.uri if path == folder else remote.uri_of(str(path.resolve()))


def found(folder: Path, name: str) -> str | None:
    """Where a file of a workspace is, as it is shown; None if there is none.

    Raises:
        UserError: The store cannot be read.
    """
    if remote := of(folder):
        with remote.reached("read"):
            folder_name, _, file = name.rpartition("/")
            return f"{remote.uri}/{name}" if file in remote.store.sizes(folder_name) else None
    return str(folder / name) if (folder / name).exists() else None


def of(folder: Path) -> Remote | None:
    """The workspace that a folder is the working copy of; None if it is a workspace of its own.

    Raises:
        UserError: The note of that is damaged.
    """
    file = folder / STATE_FILE
    try:
        return Remote(folder.resolve(), State(**json.loads(file.read_bytes())))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError):
        raise UserError(
            f"workspace: {file} is damaged; delete {folder}, which is only a copy (unfinished work in it is lost)"
        ) from None
