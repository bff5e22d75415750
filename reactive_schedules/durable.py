"""Writes that survive a power cut."""

import os
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


def flush(path: str | os.PathLike) -> None:
    """Flushes a file, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
