"""The pushed models: in the store, for servers, and in the working copy, where the Pusher and rollbacks change them.

There is no rename in a store. A version is there when its `saved_model.pb` is, which is put last and removed first, as
readers of a serving folder expect.
"""

import secrets
import shutil
from pathlib import Path

from components.model_store import changes, serving
from components.model_store.model_files import GRAPH
from pipeline.remote.place import Remote

_FOLDER = "serving"
Files = dict[str, int]
"""Files with their sizes."""


def pull(remote: Remote) -> None:
    """Makes the versions of the working copy those of the store; whole ones are not read again.

    Raises:
        UserError: The store cannot be read.
    """
    folder = remote.folder / _FOLDER
    with remote.reached("read"):
        here, away, _ = _there(remote)
        wanted = {**away, **here}
        stale = {
            version
            for version, files in wanted.items()
            if (place := serving.locate(folder, version)) and not files.items() <= _files(place).items()
        }
        if stale:
            changes.arrange(folder, here.keys() - stale, away.keys() - stale)
        for version in sorted(wanted):
            if not serving.locate(folder, version):
                _bring(remote, version, withdrawn=version not in here)
    changes.arrange(folder, here.keys(), away.keys())


def push(remote: Remote) -> None:
    """Makes the versions of the store those of the working copy."""
    folder = remote.folder / _FOLDER
    here, away = serving.state(folder)
    there_here, there_away, halves = _there(remote)
    restored = [
        version
        for version in remote.state.torn
        if not (place := serving.locate(folder, version)) or not serving.damage(place, whole=True)
    ]
    for versions, there, withdrawn in ((away, there_away, True), (here, there_here, False)):
        for version in versions:
            source = serving.locate(folder, version)
            if source and (version in restored or there.get(version) != _files(source)):
                _put(remote, source, _name(version, withdrawn))
    for versions, there, withdrawn in ((here, there_here, False), (away, there_away, True)):
        # The lowest first: the last of these moves production.
        for version in sorted(there.keys() - set(versions)):
            _remove(remote, _name(version, withdrawn))
    for half in halves:  # of what a killed process was putting or removing
        if not (remote.folder / half).exists():
            remote.store.clear(half)
    if restored:
        remote.note(torn=[version for version in remote.state.torn if version not in restored])


def _there(remote: Remote) -> tuple[dict[int, Files], dict[int, Files], list[str]]:
    """The versions in the store and the withdrawn ones, each with its files, and the names of those that are not whole.

    A version that is in both is not withdrawn.
    """
    found: dict[tuple[bool, int], dict[str, int]] = {}
    for name, size in remote.store.sizes(_FOLDER).items():
        withdrawn = name.startswith(f"{serving.WITHDRAWN}/")
        version, _, file = name.removeprefix(f"{serving.WITHDRAWN}/").partition("/")
        if file and serving.is_version(version):
            found.setdefault((withdrawn, int(version)), {})[file] = size
    whole = {key: files for key, files in found.items() if GRAPH in files}
    halves = [_name(version, withdrawn) for withdrawn, version in found.keys() - whole.keys()]
    here = {version: files for (withdrawn, version), files in whole.items() if not withdrawn}
    away = {version: files for (withdrawn, version), files in whole.items() if withdrawn}
    return here, away, halves


def _name(version: int, withdrawn: bool) -> str:
    return f"{_FOLDER}/{serving.WITHDRAWN}/{version}" if withdrawn else f"{_FOLDER}/{version}"


def _bring(remote: Remote, version: int, *, withdrawn: bool) -> None:
    part = remote.folder / f".serving-{secrets.token_hex(4)}"
    name = _name(version, withdrawn)
    try:
        for each in remote.store.sizes(name):
            remote.store.get_file(f"{name}/{each}", part / each)
        if serving.damage(part, whole=True):
            remote.note(torn=[*remote.state.torn, version])  # until a run has restored it
        changes.put_back(remote.folder / _FOLDER, version, part, withdraw=withdrawn)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _put(remote: Remote, source: Path, name: str) -> None:
    for each in sorted(_files(source), key=lambda file: file == GRAPH):
        remote.store.put_file(f"{name}/{each}", source / each)


def _remove(remote: Remote, name: str) -> None:
    remote.store.remove([f"{name}/{GRAPH}"])
    remote.store.clear(name)


def _files(folder: Path) -> dict[str, int]:
    found = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.stat().st_size for file in found}
