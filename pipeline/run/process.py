"""Identifies a process, so that others can tell later whether it is still running."""

import os
import socket
from collections.abc import Callable
from pathlib import Path


def identity() -> str:
    """This process: host, process id, and start time, because ids are reused."""
    return f"{socket.gethostname()} {os.getpid()} {_begun(os.getpid())}"


def runs(identity: str, elsewhere: Callable[[], bool] = lambda: True) -> bool:
    """Whether that process is still running.

    Args:
        identity: The process.
        elsewhere: What tells it of another host; by default, it is assumed to be.
    """
    host, number, begun = identity.split()
    return elsewhere() if host != socket.gethostname() else _begun(int(number)) == begun


def _begun(number: int) -> str | None:
    """Start of a process in clock ticks since boot; None if it is not running."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    # The name, in parentheses, may contain spaces; the state and the start are fields 3 and 22.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
