"""The space that the ExampleGen needs on disk."""

import shutil
from pathlib import Path

from components.errors import UserError

_GIB = 2**30


def check(folder: str, needed: int) -> None:
    """Checks that a folder's disk has enough space, where that can be told: on a file system, not in an object store.

    Args:
        folder: The folder; need not exist yet.
        needed: Bytes that will be written, about.

    Raises:
        UserError: The disk has less.
    """
    if "://" in folder:
        return
    there = next(
        each for each in (Path(folder).absolute(), *Path(folder).absolute().parents) if each.exists()
    )
    free = shutil.disk_usage(there).free
    if free < needed:
        raise UserError(
            f"{folder}: the disk has {free / _GIB:.1f} GiB free, but the ExampleGen needs about "
            f"{needed / _GIB:.1f} GiB there for a while, the size of the data without compression; free some space"
        )
