"""Tests are shared among processes as `tests.conftest` says."""

import os
import subprocess
import sys

from tests.conftest import ROOT, SHARED_RUNS

PLUGIN = """
import os
from pathlib import Path

from tests import conftest

conftest.ROOT = Path(__file__).parent
pytest_xdist_make_scheduler = conftest.pytest_xdist_make_scheduler


def pytest_runtest_call(item):
    with open(conftest.ROOT / "log", "a") as log:
        print(os.environ["PYTEST_XDIST_WORKER"], item.nodeid.partition("::")[0], file=log)
"""


def test_modules_that_share_a_run_of_the_pipeline_share_a_process(tmp_path):
    """Or each process runs the pipeline again, which takes minutes."""
    (tmp_path / "sharing.py").write_text(PLUGIN)
    for number, run in enumerate(SHARED_RUNS * 4):
        (tmp_path / f"test_{number}.py").write_text(
            f"def test_one(): {run} = None\n\ndef test_other(): pass\n"
        )
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "sharing", "-p", "no:cacheprovider", "--rootdir", tmp_path],
        cwd=tmp_path,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        },
        capture_output=True,
        text=True,
        timeout=900,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-2000:]
    workers: dict[str, set[str]] = {run: set() for run in SHARED_RUNS}
    for line in (tmp_path / "log").read_text().splitlines():
        worker, _, module = line.partition(" ")
        run = SHARED_RUNS[int(module.removeprefix("test_").removesuffix(".py")) % len(SHARED_RUNS)]
        workers[run].add(worker)
    assert sorted(map(len, workers.values())) == [1] * len(SHARED_RUNS)
    assert len(set.union(*workers.values())) == len(SHARED_RUNS)
