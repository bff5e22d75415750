"""Programs in the shape of KerasTuner's guides, where TensorFlow is not installed: `make tuner-test`."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("guides")
    # A module that cannot be imported, in the way of the one that may be installed; trials of rs.tune see it, too.
    (folder / "without").mkdir()
    (folder / "without/tensorflow.py").write_text(
        "raise ModuleNotFoundError('no', name='tensorflow')", encoding="utf-8"
    )
    path = os.pathsep.join([str(folder / "without"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "tests.reactive_schedules.search.kerastuner.guides", folder],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": path,
            "XLA_FLAGS": "--xla_backend_optimization_level=0",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("promoted trials begin anew") == 1
    return json.loads(done.stdout.splitlines()[-1])


def test_getting_started(found):
    assert found["backend"] == "jax"
    guide = found["getting_started"]
    assert guide["accuracy"] == pytest.approx(max(guide["scores"]), abs=1e-6)
    assert len(guide["scores"]) == 2
    assert {"batch_size", "shuffle", "units_0", "layers", "dropout", "rate"} <= {*guide["searched"]}


def test_custom_training_runs_for_the_epochs_of_its_rung_with_the_schedule_of_its_trial(found):
    assert found["custom_training"]["lengths"] == [1, 1, 2]
    assert found["custom_training"]["peak"] in (0.05, 0.1, 0.2)


def test_data_preprocessing(found):
    guide = found["data_preprocessing"]
    assert guide["loss"] == pytest.approx(guide["score"], rel=1e-4)
    assert guide["batch_size"] in (20, 50)


def test_a_search_in_processes(found):
    assert found["in_processes"]["loss"] == pytest.approx(found["in_processes"]["score"], rel=1e-4)
