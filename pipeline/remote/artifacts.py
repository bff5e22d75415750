"""The files of artifacts: in the store, and in the working copy, where executors read and write them."""

import hashlib
import json
import secrets
import shutil
from pathlib import Path

from components import checksums
from components.errors import UserError
from pipeline.remote.place import Remote


class DamagedObjects(UserError):
    """The files of an artifact in the store are not what was written."""


def mark(folder: Path, taken: str) -> None:
    """Marks the working copy of an artifact as whole, by a file beside it with the SHA-256 of its checksums."""
    _marker(folder).write_text(_digest(taken), encoding="ascii")


def bring(remote: Remote, uri: str, taken: str) -> Path:
    """Brings the files of an artifact into the working copy, unless they are there.

    Args:
        remote: The workspace.
        uri: URI of the artifact.
        taken: Its checksums; empty if it has none.

    Raises:
        DamagedObjects: The files in the store are not what was written.
        UserError: The store cannot be read.
    """
    folder = Path(remote.local(uri))
    if _is_whole(folder, taken):
        return folder
    part = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    part.mkdir(parents=True)
    try:
        with remote.reached("read"):
            name = remote.name_of(uri)
            for each in remote.store.sizes(name):
                remote.store.get_file(f"{name}/{each}", part / each)
        if taken and (fault := checksums.damage(part, taken, whole=True)):
            raise DamagedObjects(fault.replace(str(part), uri))
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
        mark(folder, taken)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def bring_file(remote: Remote, uri: str, name: str, taken: str) -> None:
    """Brings one file of an artifact into the working copy, unless it is there, or missing or damaged in the store.

    Raises:
        UserError: The store cannot be read.
    """
    folder = Path(remote.local(uri))
    expected = json.loads(taken or "{}").get(name, {}).get("sha256")
    if _is_whole(folder, taken) or (expected and _sha256(folder / name) == expected):
        return
    part = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    try:
        with remote.reached("read"):
            remote.store.get_file(f"{remote.name_of(uri)}/{name}", part / name)
        if not expected or _sha256(part / name) == expected:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (part / name).replace(folder / name)
    except UserError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def put(remote: Remote, uri: str) -> None:
    """Puts the files of an artifact from the working copy into the store."""
    folder, name = Path(remote.local(uri)), remote.name_of(uri)
    remote.store.clear(name)  # what a killed run left
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        hidden = any(part.startswith(".") for part in path.parts[:-1])  # what processes made for themselves
        if file.is_file() and not hidden:
            remote.store.put_file(f"{name}/{path.as_posix()}", file)


def damage(remote: Remote, uri: str, number: int, taken: str, *, whole: bool) -> str | None:
    """Compares the files of an artifact in the store with their checksums; returns the first fault.

    Args:
        remote: The workspace.
        uri: URI of the artifact.
        number: Its number. One that is not published yet has its files in the working copy alone.
        taken: Its checksums.
        whole: Whether to read all files, too; otherwise, only their sizes are compared.
    """
    if number > remote.state.artifact:
        return checksums.damage(Path(remote.local(uri)), taken, whole=whole)
    name = remote.name_of(uri)
    with remote.reached("read"):
        sizes = remote.store.sizes(name)
        for each, expected in json.loads(taken).items():
            place = f"{uri}/{each}"
            if each not in sizes:
                return f"{place} is missing"
            if sizes[each] != expected["size"]:
                return f"{place}: its size is {sizes[each]:,} instead of {expected['size']:,} bytes"
            if whole:
                file = remote.folder / f".examined-{secrets.token_hex(4)}"
                try:
                    remote.store.get_file(f"{name}/{each}", file)
                    if _sha256(file) != expected["sha256"]:
                        return f"{place} differs from what was written"
                finally:
                    file.unlink(missing_ok=True)
    return None


def _is_whole(folder: Path, taken: str) -> bool:
    """Whether the working copy is marked as whole, and none of its files has changed since, as far as sizes tell."""
    try:
        marked = _marker(folder).read_text(encoding="ascii") == _digest(taken)
    except (OSError, UnicodeDecodeError):
        return False
    return marked and not (taken and checksums.damage(folder, taken, whole=False))


def _marker(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.whole")


def _digest(taken: str) -> str:
    return hashlib.sha256(taken.encode()).hexdigest()


def _sha256(file: Path) -> str | None:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None
