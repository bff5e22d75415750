"""Fingerprints of data files, by their content alone."""

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

_CLOCK_NS = 10**9
"""How long a file must have been left alone for its times to prove that it is unchanged, in nanoseconds.

File systems keep times to some milliseconds only: a file that is written twice in a moment keeps them.
"""

_known: dict[Path, tuple[tuple[int, ...], bytes]] = {}
"""The last SHA-256 of each file, and the identity that the file had."""


def fingerprint(files: Iterable[Path], root: Path | None = None) -> str:
    """Returns the SHA-256 of the names and contents of files, in this order, as a hexadecimal number.

    The names of folders below `root` count, too: they may be values, such as the class of an image.

    Within a process, a file is read again only if its size, times or inode differ from those it was read with.
    """
    digest = hashlib.sha256()
    for file in files:
        digest.update(os.fsencode(os.path.relpath(file, root) if root else file.name))
        digest.update(_content(file.absolute()))
    return digest.hexdigest()


def _content(file: Path) -> bytes:
    state = file.stat()
    # The time of the last change of the inode (ctime) cannot be set, unlike that of the content (mtime).
    identity = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    if file in _known and _known[file][0] == identity:
        return _known[file][1]
    with file.open("rb") as stream:
        content = hashlib.file_digest(stream, "sha256").digest()
    if time.time_ns() - state.st_ctime_ns > _CLOCK_NS:
        _known[file] = identity, content
    return content
