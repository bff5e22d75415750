"""Files that survive a power cut."""

import os
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Writes a file, at once or not at all, and its name to the disk only after its content."""
    part = path.with_name(f"{path.name}.tmp")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    flush(path.parent)


def flush(path: str | os.PathLike) -> None:
    """Returns when a file, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
