"""Models that were saved by release 0.1.0, in which the package was called `schedules`."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import reactive_schedules as rs
from tests.conftest import ROOT

# Keras wrote them in 3.15, and older releases of Keras cannot read them at all.
pytestmark = pytest.mark.locked

FILES = sorted((Path(__file__).parent / "saved").glob("*.keras"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_they_are_refused_in_one_line(file):
    assert rs.Scaled  # any class of the library
    with pytest.raises(
        rs.SpecError, match=r"was saved by reactive-schedules 0\.1\.0.* compile=False"
    ) as caught:
        keras.models.load_model(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_remedy_works(file):
    model = keras.models.load_model(file, compile=False)
    model.compile(keras.optimizers.SGD(rs.OneCycle(0.1, horizon=100)), "mse")
    assert model.predict(np.array([[1.0, 2.0]]), verbose=0).shape == (1, 1)


def test_the_range_test_command_says_so_too(tmp_path):
    np.savez(tmp_path / "data.npz", x=np.zeros((8, 2)), y=np.zeros((8, 1)))
    done = subprocess.run(
        [sys.executable, "-m", "reactive_schedules", "range-test", str(FILES[0]), str(tmp_path / "data.npz")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "was saved by reactive-schedules 0.1.0" in done.stderr.splitlines()[-1]
