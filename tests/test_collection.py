"""Tests have the same names in every process, or pytest-xdist runs none of them."""

import os
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT, group_of

_OUTER = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
"""The environment without what pytest tells its workers."""


def collected(hash_seed: str) -> list[str]:
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**_OUTER, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-2000:]
    return [line for line in process.stdout.splitlines() if "::" in line]


@pytest.mark.slow
def test_two_processes_collect_the_same_tests():
    """In different seconds, with sets in different orders, at different addresses."""
    first = collected("1")
    time.sleep(1.1)
    assert len(first) > 1000
    assert collected("2") == first


def test_modules_that_share_a_run_of_the_pipeline_share_a_process(tmp_path):
    """Or each process runs the pipeline again, which takes minutes."""
    plugin = tmp_path / "which_worker.py"
    plugin.write_text(
        """
import os
from pathlib import Path
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    with open(Path(__file__).with_suffix(".log"), "a") as log:
        print(os.environ["PYTEST_XDIST_WORKER"], item.nodeid, file=log)
    passed = pytest.TestReport(item.nodeid, item.location, {}, "passed", None, "call")
    item.ihook.pytest_runtest_logreport(report=passed)
    return True  # instead of running it
"""
    )
    modules = [
        module for module in sorted(ROOT.glob("tests/end_to_end/test_*.py")) if module.name != "test_beam.py"
    ]
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "2",
            "-p",
            plugin.stem,
            "-p",
            "no:cacheprovider",
            *modules,
        ],
        cwd=ROOT,
        env={**_OUTER, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-2000:]
    workers: dict[str, set[str]] = {}
    for line in plugin.with_suffix(".log").read_text().splitlines():
        worker, _, nodeid = line.partition(" ")
        workers.setdefault(group_of(nodeid.partition("::")[0]), set()).add(worker)
    assert len(workers) > 3
    assert {group: found for group, found in workers.items() if len(found) != 1} == {}
