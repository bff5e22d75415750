"""What is wrong with the path of a data file."""

import os
import re
import stat
from pathlib import Path

from reactive_schedules.printable import one_line

_KINDS = {
    stat.S_IFDIR: "is a folder instead of a file",
    stat.S_IFIFO: "is a named pipe instead of a file; write its contents to a file",
    stat.S_IFSOCK: "is a socket instead of a file",
    stat.S_IFCHR: "is a device instead of a file",
    stat.S_IFBLK: "is a device instead of a file",
}


def shown(path: str | Path) -> str:
    """A path for a message, on one line and in characters that every terminal shows."""
    return one_line(ascii(str(path)) if unusable_name(Path(path)) else path)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder that can be found."""
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, links in a circle
        return False


def fault(path: Path) -> str | None:
    """What keeps a path from being a file that can be read, with the remedy if there is one; None if it is a file."""
    if name_fault := unusable_name(path):
        return name_fault
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        return "is a link to a file that does not exist" if path.is_symlink() else "the file does not exist"
    except OSError as error:  # a name that is too long, a folder that may not be entered, links in a circle
        return f"cannot be read: {error.strerror}"
    return None if kind == stat.S_IFREG else _KINDS.get(kind, "is not a file")


def unusable_name(path: Path) -> str | None:
    """What is wrong with the characters of a path; None if TFX can use them."""
    try:
        text = os.fspath(path)
        text.encode()
    except UnicodeEncodeError:
        return "the name is not UTF-8; rename it"
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", text):
        return "the name has control characters, such as a line break; rename it"
    return None
