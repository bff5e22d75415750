"""The inputs of a search in a store: folders that every worker downloads once."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from reactive_schedules.search.executor.store import Store

_FOLDER = "inputs"
_LIST = "files.json"


def digest(folder: str) -> str:
    """Returns a SHA-256 of the names and contents of the files in a folder; hidden ones do not count."""
    result = hashlib.sha256()
    for name, file in _files(folder).items():
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        result.update(f"{name}\n{content}\n".encode())
    return result.hexdigest()


def put(store: Store, folders: Mapping[str, str]) -> dict[str, str]:
    """Puts folders into a store, unless they are there; returns their names in it. URIs remain as they are."""
    return {name: folder if "://" in folder else _put(store, folder) for name, folder in folders.items()}


def fetch(store: Store, names: Mapping[str, str], scratch: Path, alive: Callable[[], None]) -> dict[str, str]:
    """Downloads the folders that `put` has put into a store; returns their paths.

    Args:
        store: The store.
        names: Names of the folders in the store.
        scratch: Folder for them, which may have what an interrupted call left.
        alive: Called now and then.

    Raises:
        FileNotFoundError: The store does not have a file.
    """
    return {
        name: each if "://" in each else _fetch(store, each, scratch / name, alive)
        for name, each in names.items()
    }


def _put(store: Store, folder: str) -> str:
    name = f"{_FOLDER}/{digest(folder)[:16]}"
    if store.get(f"{name}/{_LIST}") is None:
        files = _files(folder)
        for path, file in files.items():
            store.put_file(f"{name}/files/{path}", file)
        sizes = {path: file.stat().st_size for path, file in files.items()}
        store.put(f"{name}/{_LIST}", json.dumps(sizes).encode())  # last: then it is whole
    return name


def _fetch(store: Store, name: str, folder: Path, alive: Callable[[], None]) -> str:
    sizes = json.loads(store.get(f"{name}/{_LIST}") or b"null")
    if sizes is None:
        raise FileNotFoundError(f"{store.uri}/{name}/{_LIST}")
    folder.mkdir(parents=True, exist_ok=True)
    for path, size in sizes.items():
        alive()
        file = folder / path
        if not file.is_file() or file.stat().st_size != size:
            store.get_file(f"{name}/files/{path}", file, alive)
    return str(folder)


def _files(folder: str) -> dict[str, Path]:
    """The files in a folder by name, without hidden ones, in order."""
    found = {file.relative_to(folder): file for file in Path(folder).rglob("*") if file.is_file()}
    return {
        path.as_posix(): found[path]
        for path in sorted(found)
        if not any(part.startswith(".") for part in path.parts)
    }
