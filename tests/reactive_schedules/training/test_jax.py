"""Runs the tests for every backend on JAX, in a process of their own, since a process has one backend."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ON_JAX, ROOT

TESTS = Path(__file__).parent / "any_backend"


@pytest.mark.slow
def test_fit_on_jax():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", TESTS],
        env={**os.environ, **ON_JAX},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]
    assert "skipped" not in done.stdout
