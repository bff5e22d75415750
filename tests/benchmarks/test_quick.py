"""Every benchmark runs to its table with `--quick`; see also `test_quick_pipelines.py`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measuring.command import NOTICE
from benchmarks.measuring.processes import ROOT

BENCHMARKS = sorted(file.stem for file in (ROOT / "benchmarks").glob("*.py"))
PIPELINES = {"pipeline", "predict", "scale", "tables"}
"""Those of whole pipelines are in a module of their own, so that another process can run them meanwhile."""
EXPENSIVE = {"parallel_trials", "training", "beyond_memory"}


def run(name: str, *options: str | Path) -> list[str]:
    """The lines that a benchmark prints."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--quick", *options]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def check(lines: list[str]) -> None:
    """Checks that there is a table, which nobody can quote."""
    assert lines[0] == NOTICE
    assert len([line for line in lines[1:] if re.search(r"\d", line)]) >= 2


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name in EXPENSIVE))
        for name in BENCHMARKS
        if name not in PIPELINES
    ],
)
def test_a_quick_run_prints_a_table_that_nobody_can_quote(name):
    check(run(name))


def test_a_quick_run_leaves_the_recorded_curves_alone():
    table = ROOT / "benchmarks/curves.npz"
    before = table.stat().st_mtime_ns
    run("curves", "breast_cancer")
    assert table.stat().st_mtime_ns == before
