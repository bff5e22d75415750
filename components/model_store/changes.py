"""Changes to the folder of models in production, see `components.model_store.serving`; one process at a time.

Versions are readable by every user that can reach the folder, because servers often run as another user.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from components import checksums
from components.model_store.model_files import CHECKSUMS
from components.model_store.serving import LOCK, WITHDRAWN, damage, locate, numbers, state, versions
from reactive_schedules import durable

_ADDING, _REMOVING = ".adding-", ".removing-"


class VersionError(ValueError):
    """A version cannot be put into production."""


def add(folder: Path, fill: Callable[[Path, int], None]) -> int:
    """Puts a model into production.

    Args:
        folder: Serving folder; created if it does not exist.
        fill: Function of (empty folder, version) that writes the SavedModel into the folder.

    Returns:
        The version: seconds since 1970, or more if that is taken, so that versions always increase.
    """
    _create(folder)
    with _locked(folder):
        _remove_leftovers(folder)
        version = max([int(time.time()), *(number + 1 for number in numbers(folder))])
        part = folder / f"{_ADDING}{version}"
        part.mkdir()
        fill(part, version)
        (part / CHECKSUMS).write_text(checksums.take(part), encoding="utf-8")
        _finish(part)
        part.rename(folder / str(version))
        durable.flush(folder)
    return version


def put_back(folder: Path, version: int, source: Path, *, withdraw: bool) -> bool:
    """Puts a version back that is gone.

    Args:
        folder: Serving folder; created if it does not exist.
        version: Version to put back.
        source: Folder with a copy of the version.
        withdraw: Whether to put it among those withdrawn by a rollback.

    Returns:
        Whether it was still gone.
    """
    _create(folder)
    with _locked(folder):
        if locate(folder, version):
            return False
        _remove_leftovers(folder)
        home = folder / WITHDRAWN if withdraw else folder
        _create(home)
        part = folder / f"{_ADDING}{version}"
        shutil.copytree(source, part)
        _finish(part)
        part.rename(home / str(version))
        durable.flush(home)
    return True


def repair(folder: Path, version: int, source: Path) -> bool:
    """Replaces the damaged files of a version one by one, so that an interruption leaves fewer of them.

    Args:
        folder: Serving folder.
        version: Version to repair, which may have been withdrawn.
        source: Folder with a copy of the version.

    Returns:
        Whether there was something to repair.
    """
    with _locked(folder):
        model = locate(folder, version)
        if model is None or not damage(model, whole=True):
            return False
        names = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
        # The checksums come first: without them, the damage of the others would not be seen.
        for name in (Path(CHECKSUMS), *names):
            _replace(model / name, source / name)
        _finish(model)
    return True


def _replace(file: Path, source: Path) -> None:
    if file.is_dir():
        shutil.rmtree(file)
    if not file.is_file() or file.read_bytes() != source.read_bytes():
        file.parent.mkdir(parents=True, exist_ok=True)
        durable.write(file, source.read_bytes())


def keep_newest(folder: Path, count: int) -> list[int]:
    """Removes all but the newest `count` versions, except withdrawn ones.

    Args:
        folder: Serving folder.
        count: Number of versions to keep, at least 1; the version in production is never removed.

    Returns:
        The versions removed.
    """
    with _locked(folder):
        removed = versions(folder)[:-count]
        for version in removed:
            gone = folder / f"{_REMOVING}{version}"
            (folder / str(version)).rename(gone)
            shutil.rmtree(gone)
    return removed


def arrange(folder: Path, here: Collection[int], away: Collection[int]) -> None:
    """Moves and removes versions until there are only these; those that are lacking stay so.

    Args:
        folder: Serving folder.
        here: Versions to keep, or to reinstate if they are withdrawn.
        away: Versions to withdraw, or to keep so.
    """
    if not folder.is_dir():
        return
    with _locked(folder):
        _create(folder / WITHDRAWN)
        for version in numbers(folder):
            places = [place for place in (folder, folder / WITHDRAWN) if (place / str(version)).exists()]
            home = folder if version in here else folder / WITHDRAWN if version in away else None
            if home and home not in places:
                (places.pop() / str(version)).rename(home / str(version))
            for place in places:
                if place != home:
                    gone = folder / f"{_REMOVING}{version}"
                    (place / str(version)).rename(gone)
                    shutil.rmtree(gone)


def make_production(folder: Path, version: int) -> list[int]:
    """Rolls back, or forward again: withdraws all versions above `version`, and reinstates it if it is withdrawn.

    Args:
        folder: Serving folder.
        version: Version to put into production.

    Returns:
        The versions withdrawn by this call.

    Raises:
        VersionError: The version does not exist or is already in production.
    """
    if not folder.is_dir():
        raise VersionError(f"{folder} does not exist; no model has been pushed yet")
    with _locked(folder):
        here, away = state(folder)
        # A server also tries to load a folder without a SavedModel.
        tried = sorted({*here, *(number for number in numbers(folder) if (folder / str(number)).is_dir())})
        if version not in here and version not in away:
            known = ", ".join(map(str, sorted({*here, *away}))) or "none"
            raise VersionError(f"there is no version {version} in {folder}; versions: {known}")
        if tried and version == tried[-1]:
            others = "" if len(here) + len(away) > 1 else ", and it is the only one"
            raise VersionError(f"version {version} is already in production{others}")
        above = [number for number in tried if number > version]
        _create(folder / WITHDRAWN)
        if version not in here:
            (folder / WITHDRAWN / str(version)).rename(folder / str(version))
        # From the lowest to the highest: the last of these renames is the one that moves production.
        for number in above:
            (folder / str(number)).rename(folder / WITHDRAWN / str(number))
        durable.flush(folder)
        durable.flush(folder / WITHDRAWN)
    return above


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Locks the folder for one writer; the lock ends with the process, even if it is killed."""
    # Open for writing: NFS requires this for a lock, and the serving folders of clusters are often on NFS.
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_leftovers(folder: Path) -> None:
    for prefix in (_ADDING, _REMOVING):
        for entry in folder.glob(f"{prefix}*"):
            shutil.rmtree(entry)


def _create(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True)
        _make_readable(folder)


def _finish(folder: Path) -> None:
    """Makes all files of a folder readable, and flushes them to disk."""
    for place, _, files in os.walk(folder):
        for path in (*(Path(place, name) for name in files), Path(place)):
            _make_readable(path)
            durable.flush(path)


def _make_readable(path: Path) -> None:
    with contextlib.suppress(OSError):  # mounted object stores have no modes
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
