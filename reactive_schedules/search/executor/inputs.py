"""The inputs of a search: folders that every worker downloads once from a store, unless something else brings them."""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from reactive_schedules.search.executor.store import Store

PLACES = "SEARCH_INPUTS"
"""Environment variable of a worker: paths of the folders that it has already, by name, as JSON."""

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


def places(folders: Iterable[str]) -> dict[str, str]:
    """The environment variable with which a worker uses these folders instead of downloading their like."""
    return {PLACES: json.dumps({_name(folder): folder for folder in folders})}


def put(store: Store, folders: Mapping[str, str], are_brought: bool = False) -> dict[str, str]:
    """Puts folders into a store, unless they are there; returns their names in it. URIs remain as they are.

    Args:
        store: The store.
        folders: The folders.
        are_brought: Whether all workers have them already, see `places`; then, nothing is put.
    """
    if not are_brought:
        for folder in folders.values():
            if "://" not in folder:
                _put(store, folder)
    return {name: folder if "://" in folder else _name(folder) for name, folder in folders.items()}


def fetch(store: Store, names: Mapping[str, str], scratch: Path, alive: Callable[[], None]) -> dict[str, str]:
    """Downloads the folders that `put` has put into a store, but not those in `places`; returns their paths.

    Args:
        store: The store.
        names: Names of the folders in the store.
        scratch: Folder for them, which may have what an interrupted call left.
        alive: Called now and then.

    Raises:
        FileNotFoundError: The store does not have a file.
    """
    here = json.loads(os.environ.get(PLACES) or "{}")
    return {
        name: each if "://" in each else here.get(each) or _fetch(store, each, scratch / name, alive)
        for name, each in names.items()
    }


def clear(store: Store | None) -> None:
    """Removes what `put` has put into a store, if there is one, when no worker needs it any longer."""
    if store:
        with contextlib.suppress(Exception):  # it is gone, or cannot be reached, which ends no search
            store.clear(_FOLDER)


def _name(folder: str) -> str:
    return f"{_FOLDER}/{digest(folder)[:16]}"


def _put(store: Store, folder: str) -> None:
    name = _name(folder)
    if store.get(f"{name}/{_LIST}") is None:
        files = _files(folder)
        for path, file in files.items():
            store.put_file(f"{name}/files/{path}", file)
        sizes = {path: file.stat().st_size for path, file in files.items()}
        store.put(f"{name}/{_LIST}", json.dumps(sizes).encode())  # last: then it is whole


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
