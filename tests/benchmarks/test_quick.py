"""Every benchmark runs to its table with `--quick`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measuring.command import NOTICE
from benchmarks.measuring.processes import ROOT

BENCHMARKS = sorted(file.stem for file in (ROOT / "benchmarks").glob("*.py"))
EXPENSIVE = {"pipeline", "predict", "parallel_trials", "training"}


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


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory) -> tuple[list[str], Path]:
    """What the benchmark of pipelines prints, and the workspace of ours."""
    folder = tmp_path_factory.mktemp("pipelines")
    return run("pipeline", "--keep", folder), folder / "ours-1"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in EXPENSIVE)) for name in BENCHMARKS]
)
def test_a_quick_run_prints_a_table_that_nobody_can_quote(name, request):
    match name:
        case "pipeline":
            lines, _ = request.getfixturevalue("pipelines")
        case "predict":  # a model of the trips is there
            _, workspace = request.getfixturevalue("pipelines")
            lines = run(name, "--workspace", workspace)
        case _:
            lines = run(name)
    assert lines[0] == NOTICE
    assert len([line for line in lines[1:] if re.search(r"\d", line)]) >= 2


def test_a_quick_run_leaves_the_recorded_curves_alone():
    table = ROOT / "benchmarks/curves.npz"
    before = table.stat().st_mtime_ns
    run("curves", "breast_cancer")
    assert table.stat().st_mtime_ns == before
