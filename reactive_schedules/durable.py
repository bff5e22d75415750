"""Writes that survive a power cut."""

import os
import shutil
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Writes a file atomically: after a crash it has either its old content or the new one, whole."""
    part = path.with_name(f"{path.name}.tmp")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    flush(path.parent)


def link(file: Path, other: Path) -> None:
    """Gives a file that may be replaced, but is never changed, another name; copies it where there are no links.

    Raises:
        FileNotFoundError: The file does not exist.
    """
    try:
        other.hardlink_to(file)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(file, other)
        flush(other)


def flush(path: str | os.PathLike) -> None:
    """Flushes a file, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
