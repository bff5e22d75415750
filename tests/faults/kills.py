"""Runs killed with SIGKILL at random moments, and run again until they end."""

import random
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.faults.outcomes import Outcome
from tests.faults.subject import Subject, kill

KILLS_IN_A_ROW = 4
"""Kills before a run may end."""


def sequence(
    folder: Path, kills: int, expected: Mapping[str, Any], seconds: float, seed: int
) -> Iterator[Outcome]:
    """Kills a run again and again, lets it end, and compares.

    Args:
        folder: New folder.
        kills: Number of kills.
        expected: Results of a run that was left alone.
        seconds: Duration of a run; kills come within it.
        seed: Seed of the moments.
    """
    subject, chance, stages = Subject.create(folder), random.Random(seed), []
    while len(stages) < kills:
        process = subject.start()
        try:
            process.wait(timeout=chance.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            stages.append(_stage(subject.workspace))
            kill(process)
    ended = subject.run()
    fault = ended.fault or (ended.last_lines if ended.code else _difference(subject, expected))
    for stage in stages:
        yield Outcome(f"kill during {stage}", fault or "same result", not fault, f"seed {seed}: {stages}")


def _stage(workspace: Path) -> str:
    """The component that is running: the one whose log was written to last."""
    logs = list((workspace / "logs").glob("*.log"))
    if not logs:
        return "start"
    newest = max(logs, key=lambda log: log.stat().st_mtime).stem
    return "start" if newest == "run" else newest


def _difference(subject: Subject, expected: Mapping[str, Any]) -> str | None:
    """What differs from a run that was left alone; None if nothing does."""
    found = subject.results()
    if different := [key for key in expected if found[key] != expected[key]]:
        return f"different {', '.join(different)}"
    if (doctor := subject.command("doctor")).code:
        return f"doctor: {doctor.last_lines}"
    if left := list((subject.folder / "tmp").iterdir()):
        return f"temporary files left: {left[0].name}"
    serving = {entry.name for entry in (subject.workspace / "serving").iterdir() if entry.name != ".lock"}
    return None if len(serving) == 1 else f"serving has {sorted(serving)}"


def duration(subject: Subject) -> float:
    """Runs a subject to its end, and returns the seconds that it took."""
    start = time.perf_counter()
    ended = subject.run()
    if ended.code != 0:
        raise RuntimeError(ended.output)
    return time.perf_counter() - start
