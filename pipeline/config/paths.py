"""Checks of paths that people give."""

from pathlib import Path


def fault(path: Path) -> str | None:
    """What makes a path unusable whether or not it exists, with the remedy; None for a usable path."""
    if "\0" in str(path):
        return "contains a NUL character; remove it"
    try:
        str(path).encode()
    except UnicodeEncodeError:  # a name in another encoding, which the metadata store cannot hold
        return "is not UTF-8; rename it"
    try:
        path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"cannot be used: {error.strerror}; choose another path"
    return None
