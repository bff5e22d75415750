"""Tests have the same names in every process, or pytest-xdist runs none of them."""

import os
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT


def collected(hash_seed: str) -> list[str]:
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
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
