"""Checksums of the files in a folder, to tell later whether they are still what was written."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

PROPERTY = "checksums"
"""Custom property of an artifact with the checksums of its files."""

_READ_WHOLE = "Split-"
"""Prefix of the folders of which TFX reads every file, so that an added one is damage."""

SMALL = 2**20
"""Up to this size in bytes, the content of a file is checked each time; of larger files, the size."""


def take(folder: Path) -> str:
    """Returns the checksums of all files in a folder as JSON: path to `size` in bytes and `sha256`.

    Hidden files do not count.
    """
    found = {name: {"size": file.stat().st_size, "sha256": _digest(file)} for name, file in _files(folder)}
    return json.dumps(found, separators=(",", ":"))


def damage(folder: Path, taken: str, *, whole: bool) -> str | None:
    """Compares the files in a folder with their checksums.

    Added files are ignored, except in the folders of splits.

    Args:
        folder: Folder that the checksums were taken of.
        taken: The checksums.
        whole: Whether to read files larger than `SMALL`, too; otherwise, only their sizes are compared.

    Returns:
        The first fault, starting with the path of a file; None if there is none.
    """
    try:
        found = dict(_files(folder))
        for name, expected in json.loads(taken).items():
            if name not in found:
                return f"{folder / name} is missing"
            size = found[name].stat().st_size
            if size != expected["size"]:
                return f"{found[name]}: its size is {size:,} instead of {expected['size']:,} bytes"
            if (whole or size <= SMALL) and _digest(found[name]) != expected["sha256"]:
                return f"{found[name]} differs from what was written"
            del found[name]
    except (ValueError, TypeError, KeyError, AttributeError):
        return f"{folder}: its checksums cannot be read"
    except OSError as error:
        return f"{error.filename} cannot be read: {error.strerror}"
    added = (file for name, file in found.items() if name.startswith(_READ_WHOLE))
    return next((f"{file} was added" for file in added), None)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        if not file.is_dir() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix(), file


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
