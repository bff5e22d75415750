"""One model on several devices."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components.errors import UserError
from components.learning.replicas import scope
from tests.conftest import ROOT


@pytest.mark.slow
def test_two_devices_find_what_one_does(tmp_path):
    """In a trial, and then in an ensemble: one strategy serves several models of a process."""
    script, environment = Path(__file__).parent / "two_devices.py", {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script, tmp_path], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = (np.load(tmp_path / f"{name}.npz") for name in ("one", "two"))
    assert one.files == two.files
    for name in one.files:
        np.testing.assert_allclose(one[name], two[name], rtol=1e-5, atol=1e-5, err_msg=name)


def test_without_a_strategy_there_is_one_device():
    import tensorflow as tf

    with scope(None):
        assert not tf.distribute.has_strategy()
    with pytest.raises(UserError, match="strategy: 'both' is not a strategy; use mirrored"):
        scope("both")  # pyright: ignore[reportArgumentType]
