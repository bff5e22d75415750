"""Whole objects in a folder or an object store, by fsspec."""

import contextlib
import importlib.util
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}
"""Python packages that fsspec needs, by protocol."""

ASKS, TRIES = 4, 2
"""How often botocore asks a server of S3; how often s3fs lets it, and how often that reads what comes."""

_S3 = {
    "config_kwargs": {
        "connect_timeout": 10,
        "read_timeout": 15,
        "retries": {"total_max_attempts": ASKS},
    }  # of botocore
}
_OPTIONS = {"s3": _S3, "s3a": _S3}
"""Options of file systems, by protocol: with its own, s3fs waits for 25 minutes for a server that has gone silent."""

WRITE_S = 300.0
"""Seconds after which a write is given up, and a second more per 100 kB: aiohttp has no limit before it may send."""

_PART = ".part"


class StoreError(ValueError):
    """A store cannot be used. The message is one line: key, fault and remedy."""


def check(uri: str) -> None:
    """Checks that a URI is one of a store, and that what it needs is installed.

    Raises:
        StoreError: It is not, or something is missing.
    """
    protocol, _, place = uri.partition("://")
    if not place:
        raise StoreError(f"store: {uri!r} is not a URI such as s3://bucket/prefix or file:///shared/folder")
    if importlib.util.find_spec("fsspec") is None:
        raise StoreError("store: fsspec is not installed; run pip install 'reactive-schedules[cluster]'")
    from fsspec import get_filesystem_class

    try:
        get_filesystem_class(protocol)
    except ImportError:
        package = _PACKAGES.get(protocol, f"the package of fsspec for {protocol}")
        raise StoreError(
            f"store: {protocol}:// needs {package}; install it here and on all workers"
        ) from None
    except ValueError:
        raise StoreError(f"store: fsspec does not know {protocol}://; use s3://, gs:// or file://") from None


class Store:
    """Objects below a URI, by names with slashes. An object is there whole or not at all.

    Args:
        uri: URI such as `s3://bucket/prefix` or `file:///folder`, in a form that fsspec knows.

    Raises:
        StoreError: The protocol is unknown, or its package is not installed.
    """

    def __init__(self, uri: str) -> None:
        check(uri)
        from fsspec.core import url_to_fs

        # Others write to the store, too.
        options = _OPTIONS.get(uri.partition("://")[0], {})
        self._system, root = url_to_fs(uri, use_listings_cache=False, **options)
        if options:
            self._system.retries = TRIES  # not an option
        self.uri, self._root = uri.rstrip("/"), root.rstrip("/")
        self._is_folder = uri.startswith(("file://", "local://"))

    def below(self, name: str) -> "Store":
        """The store of the objects whose names begin with `name` and a slash."""
        return Store(f"{self.uri}/{name}")

    def put(self, name: str, content: bytes) -> None:
        """Writes an object."""
        with self._writing(name) as part:
            self._write(len(content), "pipe_file", part, content)

    def create(self, name: str, content: bytes) -> bool:
        """Writes an object unless there is one of this name; returns whether it did.

        Of several that do so at the same time, one does, if the store knows conditional writes: S3 and Google's do, and
        folders.
        """
        if self._is_folder:
            return self._link(Path(self._path(name)), content)
        try:
            self._write(len(content), "pipe_file", self._path(name), content, mode="create")
        except Exception:  # every store has its own
            # The answer to a first try may have been lost.
            found = self.get(name)
            if found is None:
                raise
            return found == content
        return True

    def get(self, name: str) -> bytes | None:
        """Reads an object; None if there is none."""
        try:
            return self._system.cat_file(self._path(name))
        except FileNotFoundError:
            return None

    def put_file(self, name: str, file: str | os.PathLike) -> None:
        """Writes an object with the content of a file."""
        with self._writing(name) as part:
            self._write(Path(file).stat().st_size, "put_file", os.fspath(file), part)

    def get_file(self, name: str, file: Path, alive: Callable[[], None] = lambda: None) -> None:
        """Writes the content of an object to a file.

        Args:
            name: Name of the object.
            file: The file, which is replaced.
            alive: Called after each part that has come.

        Raises:
            FileNotFoundError: There is no such object.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.tmp")
        from fsspec import Callback

        parts = Callback(hooks={"alive": lambda size, value, **_: alive()})
        self._system.get_file(self._path(name), os.fspath(part), callback=parts)
        part.replace(file)

    def names(self, prefix: str = "") -> list[str]:
        """The names of all objects below a prefix, which is a whole part of their names."""
        return [f"{prefix}/{name}" if prefix else name for name in self.sizes(prefix)]

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """The sizes in bytes of all objects below a prefix, by their names after it."""
        found, root = self._system.find(self._path(prefix), detail=True), f"{self._path(prefix)}/"
        # A server of S3 may keep empty objects in place of folders; one of them is the prefix itself.
        return {
            path.removeprefix(root): entry["size"]
            for path, entry in sorted(found.items())
            if path.startswith(root) and not path.endswith((_PART, "/"))
        }

    def remove(self, names: Iterable[str]) -> None:
        """Removes objects; it is no error if there are none."""
        paths = [self._path(name) for name in names]
        if paths and not self._is_folder:
            self._write(0, "rm", paths)
        elif paths:
            for path in map(Path, paths):
                path.unlink(missing_ok=True)

    def clear(self, prefix: str = "") -> None:
        """Removes all objects below a prefix."""
        if self._system.exists(self._path(prefix)):
            self._write(0, "rm", self._path(prefix), recursive=True)

    def _write(self, size: int, method: str, *arguments: Any, **options: Any) -> None:
        """Calls a method of the file system that writes so many bytes."""
        if not getattr(self._system, "async_impl", False):
            getattr(self._system, method)(*arguments, **options)
            return
        from fsspec.asyn import sync

        limit = WRITE_S + size / 100_000
        try:
            sync(self._system.loop, getattr(self._system, f"_{method}"), *arguments, timeout=limit, **options)
        except TimeoutError:
            raise TimeoutError(f"the store did not take it within {limit:.0f} s") from None

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}".rstrip("/")

    def _link(self, path: Path, content: bytes) -> bool:
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_PART}")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(content)
            path.hardlink_to(part)
        except FileExistsError:
            return False
        finally:
            part.unlink(missing_ok=True)
        return True

    @contextlib.contextmanager
    def _writing(self, name: str) -> Iterator[str]:
        """The path to write an object to: in a folder, whose files grow while they are written, one to rename."""
        path = self._path(name)
        if not self._is_folder:
            yield path
            return
        part = Path(f"{path}.{secrets.token_hex(4)}{_PART}")
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield str(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
