"""The folder of models in production, laid out for TensorFlow Serving, which serves the highest number.

    <version>/               a complete SavedModel; the highest version is in production
    <version>/.checksums     checksums of its files, to tell whether they are still whole
    .withdrawn/<version>/    withdrawn by a rollback
    .lock                    locked by the process that changes the folder, and by readers that it overtook too often
    .adding-*, .removing-*   leftovers of a process that was killed; the next push removes them

TensorFlow Serving ignores names that are not numbers. A version appears and disappears by one rename, so that no
reader ever sees an incomplete model. Readers take no lock unless they must: `steadily` reads again what moved in the
meantime. `changes` writes.
"""

import contextlib
import fcntl
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from components import checksums
from components.errors import UserError
from components.model_store.model_files import CARD, CHECKSUMS, GRAPH

T = TypeVar("T")

WITHDRAWN = ".withdrawn"
"""Folder of the versions that were withdrawn."""

LOCK = ".lock"
"""File that is locked while versions move."""

_READS = 50
"""Maximum number of times to read what keeps moving."""


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
    places = (folder / str(version), folder / WITHDRAWN / str(version))
    return next((place for place in places if place.is_dir()), None)


def follow(path: Path) -> Path:
    """Returns where the version that was found at `path` is now; `path` itself if it no longer exists."""
    if not is_version(path.name) or path.is_dir():
        return path
    return locate(home(path), int(path.name)) or path


def home(path: Path) -> Path:
    """Returns the serving folder of a version's path, which may be that of a withdrawn version."""
    return path.parent.parent if path.parent.name == WITHDRAWN else path.parent


def candidate_of(model: Path) -> str | None:
    """Returns the candidate that the card of a version names; None if it names none, or is damaged.

    Raises:
        FileNotFoundError: The version was moved.
    """
    try:
        card = json.loads((model / CARD).read_bytes())
    except FileNotFoundError:
        if not model.is_dir():
            raise
        return None
    except ValueError:
        return None
    return card.get("candidate") if isinstance(card, dict) else None


def steadily(folder: Path, read: Callable[[], T]) -> T:
    """Returns `read()`, called again if it fails because another process moved a version, as a rollback does.

    Args:
        folder: Serving folder.
        read: Function that finds what it reads each time that it is called.

    Raises:
        Exception: The error of `read`, if the versions stayed in place.
    """
    for _ in range(_READS):
        before = _last_change(folder)
        try:
            return read()
        except Exception:
            if _last_change(folder) == before:
                raise
    with _held(folder):
        return read()


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keeps all versions in place, if the folder's lock can be opened."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            lock = stack.enter_context((folder / LOCK).open("rb"))
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def damage(model: Path, *, whole: bool) -> str | None:
    """Compares the files of a version with what was pushed.

    Args:
        model: Folder of the version.
        whole: Whether to read large files, too; otherwise, only their sizes are checked.

    Returns:
        The first fault, starting with the path of a file; None if there is none. Without checksums, which only pushed
        versions have, only a missing graph is one.
    """
    try:
        taken = (model / CHECKSUMS).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None if (model / GRAPH).is_file() else f"{model / GRAPH} is missing"
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
    return model.parent.name == WITHDRAWN


def _entries(folder: Path) -> dict[Path, set[str]]:
    """Returns the names in the folder and in that of the withdrawn versions."""
    places = (folder, folder / WITHDRAWN)
    return {place: {entry.name for entry in place.iterdir()} if place.is_dir() else set() for place in places}


def _last_change(folder: Path) -> tuple[dict[Path, set[str]], list[int]]:
    """Returns names and times, which differ after a rename: times alone are too coarse for two in a row."""
    entries = _entries(folder)
    return entries, [place.stat().st_mtime_ns for place in entries if place.is_dir()]
