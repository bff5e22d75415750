"""Names a process so that others can tell later whether it still runs."""

import os
import socket
from pathlib import Path


def identity() -> str:
    """This process: host, number, and when it began, as numbers are used again."""
    return f"{socket.gethostname()} {os.getpid()} {_begun(os.getpid())}"


def runs(identity: str) -> bool:
    """Whether that process still runs; of one on another host it is assumed."""
    host, number, begun = identity.split()
    return host != socket.gethostname() or _begun(int(number)) == begun


def _begun(number: int) -> str | None:
    """Clock ticks from the boot to the start of a process; None if there is none."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    # The name, in parentheses, may hold spaces; the state and the start are fields 3 and 22.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
