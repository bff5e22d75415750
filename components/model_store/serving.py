"""The folder of models in production, laid out for TensorFlow Serving, which serves the highest number.

    <version>/               a complete SavedModel; the highest version is in production
    <version>/.checksums     checksums of its files, to tell whether they are still whole
    .withdrawn/<version>/    withdrawn by a rollback
    .lock                    locked by the process that changes the folder
    .adding-*, .removing-*   leftovers of a process that was killed; the next push removes them

TensorFlow Serving ignores names that are not numbers. A version appears and disappears by one rename, so that no
reader ever sees an incomplete model. Readers take no lock: `steadily` reads again what moved in the meantime. Versions
are readable by every user that can reach the folder, because a server is often another one.
"""

import contextlib
import fcntl
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from components import checksums
from components.errors import UserError
from components.model_store.model_files import CHECKSUMS, GRAPH
from reactive_schedules import durable

T = TypeVar("T")

_WITHDRAWN, _LOCK = ".withdrawn", ".lock"
_ADDING, _REMOVING = ".adding-", ".removing-"

_READS = 50
"""Maximum number of times to read what keeps moving."""


class VersionError(ValueError):
    """A version cannot be put into production."""


def is_version(name: str) -> bool:
    """Whether a name is that of a version: decimal digits, as few as a file name may have."""
    return re.fullmatch("[0-9]{1,255}", name) is not None


def state(folder: Path) -> tuple[list[int], list[int]]:
    """Returns the versions in the folder and the withdrawn ones at one moment, each oldest first.

    Folders without a SavedModel do not count.
    """
    here, away = [], []
    for _ in range(_READS):
        before = _last_change(folder)
        here, away = (
            sorted(int(name) for name in names if is_version(name) and (place / name / GRAPH).is_file())
            for place, names in before[0].items()
        )
        if _last_change(folder) == before:
            break
    return here, away


def versions(folder: Path) -> list[int]:
    """Returns the versions in the folder, oldest first; folders without a SavedModel do not count."""
    return state(folder)[0]


def production(folder: Path) -> int | None:
    """Returns the version in production; None if there is none."""
    return max(versions(folder), default=None)


def withdrawn(folder: Path) -> list[int]:
    """Returns the versions that were withdrawn by a rollback, oldest first."""
    return state(folder)[1]


def numbers(folder: Path) -> list[int]:
    """Returns all numbers in use, oldest first, also those of withdrawn and of incomplete versions."""
    return sorted(int(name) for names in _entries(folder).values() for name in names if is_version(name))


def locate(folder: Path, version: int) -> Path | None:
    """Returns the folder of a version, also if it is withdrawn; None if it no longer exists."""
    places = (folder / str(version), folder / _WITHDRAWN / str(version))
    return next((place for place in places if place.is_dir()), None)


def follow(path: Path) -> Path:
    """Returns where the version that was found at `path` is now; `path` itself if it no longer exists."""
    if not is_version(path.name) or path.is_dir():
        return path
    return locate(home(path), int(path.name)) or path


def home(path: Path) -> Path:
    """Returns the serving folder of a version's path, which may be that of a withdrawn version."""
    return path.parent.parent if path.parent.name == _WITHDRAWN else path.parent


def steadily(folder: Path, read: Callable[[], T]) -> T:
    """Returns `read()`, called again if it fails because another process moved a version, as a rollback does.

    Args:
        folder: Serving folder.
        read: Function that finds what it reads each time that it is called.

    Raises:
        Exception: The error of `read`, if the versions stayed in place or keep moving.
    """
    for _ in range(_READS - 1):
        before = _last_change(folder)
        try:
            return read()
        except Exception:
            if _last_change(folder) == before:
                raise
    return read()


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


def damage(model: Path, *, whole: bool) -> str | None:
    """Compares the files of a version with what was pushed.

    Args:
        model: Folder of the version.
        whole: Whether to read large files, too; otherwise, only their sizes are checked.

    Returns:
        The first fault, starting with the path of a file; None if there is none, or if the folder has no checksums
        (only pushed versions have them).
    """
    try:
        taken = (model / CHECKSUMS).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (UnicodeDecodeError, OSError):
        return f"{model / CHECKSUMS} cannot be read"
    return checksums.damage(model, taken, whole=whole)


def check(model: Path, *, whole: bool) -> None:
    """Checks the files of a version before it is used; arguments as for `damage`.

    Raises:
        UserError: A file is damaged.
    """
    if fault := damage(model, whole=whole):
        raise UserError(
            f"version {model.name} is damaged: {fault}; run the pipeline again to restore it, or put another version "
            "into production"
        )


def is_withdrawn(model: Path) -> bool:
    """Whether the folder of a version is among those withdrawn by a rollback."""
    return model.parent.name == _WITHDRAWN


def restore(folder: Path, version: int, source: Path, *, withdraw: bool) -> None:
    """Puts a version back that is damaged or gone.

    Args:
        folder: Serving folder; created if it does not exist.
        version: Version to put back.
        source: Folder with a copy of the version.
        withdraw: Whether to put it among those withdrawn by a rollback.
    """
    home = folder / _WITHDRAWN if withdraw else folder
    _create(folder)
    home.mkdir(exist_ok=True)
    with _locked(folder):
        _remove_leftovers(folder)
        part, gone = folder / f"{_ADDING}{version}", folder / f"{_REMOVING}{version}"
        shutil.copytree(source, part)
        _finish(part)
        if (home / str(version)).exists():
            (home / str(version)).rename(gone)
        part.rename(home / str(version))
        durable.flush(home)
        _remove_leftovers(folder)


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
        here, away = versions(folder), withdrawn(folder)
        if version not in here and version not in away:
            known = ", ".join(map(str, sorted({*here, *away}))) or "none"
            raise VersionError(f"there is no version {version} in {folder}; versions: {known}")
        if here and version == here[-1]:
            others = "" if len(here) + len(away) > 1 else ", and it is the only one"
            raise VersionError(f"version {version} is already in production{others}")
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
    """Locks the folder for one writer; the lock ends with the process, even if it is killed."""
    # Open for writing: NFS requires this for a lock, and the serving folders of clusters are often on NFS.
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _entries(folder: Path) -> dict[Path, set[str]]:
    """Returns the names in the folder and in that of the withdrawn versions."""
    places = (folder, folder / _WITHDRAWN)
    return {place: {entry.name for entry in place.iterdir()} if place.is_dir() else set() for place in places}


def _last_change(folder: Path) -> tuple[dict[Path, set[str]], list[int]]:
    """Returns names and times, which differ after a rename: times alone are too coarse for two in a row."""
    entries = _entries(folder)
    return entries, [place.stat().st_mtime_ns for place in entries if place.is_dir()]


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
