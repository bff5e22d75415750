"""What a process costs."""

import dataclasses
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Cost:
    """Seconds of wall clock and of CPU, and the peak of memory in megabytes; of a process with its children."""

    wall: float
    cpu: float
    peak: float


def cost_of(command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None) -> Cost:
    """Runs a process from the root of the repository, its output into a file.

    Args:
        command: program and arguments.
        log: file for standard output and errors.
        env: variables besides those of this process.

    Raises:
        click.ClickException: it failed; the message ends with the end of its output.
    """
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(env or {})}, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    check(command, process.returncode, log)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def check(command: Sequence[str | Path], code: int, log: Path) -> None:
    """Checks that a process succeeded.

    Raises:
        click.ClickException: It failed; the message ends with the end of its output.
    """
    if code:
        end = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise click.ClickException(f"{' '.join(map(str, command))} exited with {code}:\n{end}")
