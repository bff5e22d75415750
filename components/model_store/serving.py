"""The folder of models in production, laid out for TensorFlow Serving, which serves the highest number.

    <version>/               a complete SavedModel; the highest version is in production
    .withdrawn/<version>/    taken out of production by a rollback
    .lock                    held by who changes the folder
    .adding-*, .removing-*   what a process that was killed left behind; the next push removes it

TensorFlow Serving passes over names that are not numbers. A version comes and goes by one rename, so nobody ever
sees a part of it.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from components.model_store.model_files import GRAPH
from reactive_schedules import durable

_WITHDRAWN, _LOCK = ".withdrawn", ".lock"
_ADDING, _REMOVING = ".adding-", ".removing-"


class VersionError(ValueError):
    """A version cannot go into production; the message says why."""


def versions(folder: Path) -> list[int]:
    """Versions in the folder, the one in production last; folders without a SavedModel do not count."""
    if not folder.is_dir():
        return []
    numbers = (int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal())
    return sorted(number for number in numbers if (folder / str(number) / GRAPH).is_file())


def production(folder: Path) -> int | None:
    """The version in production."""
    return max(versions(folder), default=None)


def withdrawn(folder: Path) -> list[int]:
    """Versions that a rollback took out of production, oldest first."""
    return versions(folder / _WITHDRAWN)


def locate(folder: Path, version: int) -> Path | None:
    """Where a version lies, be it withdrawn; None if it is not there any more."""
    places = (folder / str(version), folder / _WITHDRAWN / str(version))
    return next((place for place in places if place.is_dir()), None)


def add(folder: Path, fill: Callable[[Path, int], None]) -> int:
    """Puts a model into production.

    Args:
        folder: made if absent.
        fill: writes the SavedModel into an empty folder (first argument); the second argument is its version.

    Returns:
        The version: seconds since 1970, or more where that is taken, so that versions always increase.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _remove_leftovers(folder)
        version = max([int(time.time()), *(number + 1 for number in _numbers(folder))])
        part = folder / f"{_ADDING}{version}"
        part.mkdir()
        fill(part, version)
        _flush(part)
        part.rename(folder / str(version))
        durable.flush(folder)
    return version


def keep_newest(folder: Path, count: int) -> list[int]:
    """Removes all but the newest `count` versions; withdrawn ones stay.

    Args:
        folder: exists.
        count: at least 1; the version in production is never removed.

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


def make_production(folder: Path, version: int) -> list[int]:
    """Rolls back, or forward again: withdraws all versions above `version`, and reinstates it if need be.

    Args:
        folder: of the versions.
        version: there, or withdrawn.

    Returns:
        The versions withdrawn by this call.

    Raises:
        VersionError: there is no such version, or it is in production.
    """
    if not folder.is_dir():
        raise VersionError(f"{folder} does not exist; nothing was pushed yet")
    with _locked(folder):
        here, away = versions(folder), withdrawn(folder)
        if version not in here and version not in away:
            known = ", ".join(map(str, sorted({*here, *away}))) or "none"
            raise VersionError(f"there is no version {version} in {folder}; versions: {known}")
        if here and version == here[-1]:
            others = "" if len(here) + len(away) > 1 else ", and it is the only one"
            raise VersionError(f"version {version} is in production already{others}")
        above = [number for number in here if number > version]
        (folder / _WITHDRAWN).mkdir(exist_ok=True)
        if version not in here:
            (folder / _WITHDRAWN / str(version)).rename(folder / str(version))
        # From the lowest to the highest: the last of these renames is the one that moves production.
        for number in above:
            (folder / str(number)).rename(folder / _WITHDRAWN / str(number))
        durable.flush(folder)
        durable.flush(folder / _WITHDRAWN)
    return above


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time; the lock of a process that is killed goes with it."""
    # A file open for writing: NFS locks nothing else, and serving folders of a cluster are often on NFS.
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _numbers(folder: Path) -> list[int]:
    """All numbers in use, complete or not."""
    places = [folder, folder / _WITHDRAWN]
    names = (entry.name for place in places if place.is_dir() for entry in place.iterdir())
    return [int(name) for name in names if name.isdecimal()]


def _remove_leftovers(folder: Path) -> None:
    for prefix in (_ADDING, _REMOVING):
        for entry in folder.glob(f"{prefix}*"):
            shutil.rmtree(entry)


def _flush(folder: Path) -> None:
    """Makes sure that all of a folder is on the disk."""
    for place, _, files in os.walk(folder):
        for name in files:
            durable.flush(Path(place, name))
        durable.flush(Path(place))
