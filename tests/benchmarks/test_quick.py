"""Every benchmark runs to its table with `--quick`; those that take longest in `check_quick.py`."""

import contextlib
import io
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measuring.command import NOTICE
from benchmarks.measuring.processes import ROOT

BENCHMARKS = sorted(file.stem for file in (ROOT / "benchmarks").glob("*.py"))
PIPELINES = {"pipeline", "predict", "scale", "tables"}
EXPENSIVE = {
    "ablation",
    "averages",
    "backends",
    "beyond_memory",
    "calibration",
    "confirmation",
    "engines",
    "ensembles",
    "images",
    "memory",
    "parallel_trials",
    "schedules",
    "training",
}


def run(name: str, *options: str | Path) -> list[str]:
    """The lines that `python -m benchmarks.NAME --quick` prints, in this process, where TensorFlow is already loaded."""
    printed, module = io.StringIO(), f"benchmarks.{name}"
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.chdir(ROOT)
        patch.setattr(sys, "argv", [name, "--quick", *map(str, options)])
        patch.delitem(sys.modules, module, raising=False)  # another test may have imported it
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    assert ended.value.code == 0
    return printed.getvalue().splitlines()


def check(lines: list[str]) -> None:
    """Checks that there is a table, which nobody can quote."""
    assert lines[0] == NOTICE
    assert len([line for line in lines[1:] if re.search(r"\d", line)]) >= 2


@pytest.mark.parametrize("name", [name for name in BENCHMARKS if name not in PIPELINES | EXPENSIVE])
def test_a_quick_run_prints_a_table_that_nobody_can_quote(name):
    check(run(name))


def test_a_quick_run_leaves_the_recorded_curves_alone():
    table = ROOT / "benchmarks/curves.npz"
    before = table.stat().st_mtime_ns
    command = [sys.executable, "-m", "benchmarks.curves", "--quick", "breast_cancer"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    check(done.stdout.splitlines())
    assert table.stat().st_mtime_ns == before
