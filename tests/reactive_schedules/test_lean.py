"""Keras and TensorFlow without packages that they import only because these are installed."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PROGRAM = """
import sys
from reactive_schedules import lean

lean.{function}()
print(*sorted({{"IPython", "jax", "keras", "matplotlib", "sklearn", "tensorflow"}} & {{*sys.modules}}))

import keras
import matplotlib
import sklearn.base
import tensorflow as tf

print(tf.keras.layers.Dense is keras.layers.Dense, keras.utils.plot_model.__name__)
print(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]).count_params(), keras.backend.backend())
"""


@pytest.mark.parametrize(
    ("function", "backend", "imported"),
    [
        ("import_tensorflow", "tensorflow", "keras tensorflow"),
        ("import_keras", "tensorflow", "keras tensorflow"),
        ("import_keras", "jax", "jax keras"),
    ],
)
def test_others_can_be_imported_later(function, backend, imported):
    # TensorFlow Transform sets TF_USE_LEGACY_KERAS in the process that imports it.
    environment = {key: value for key, value in os.environ.items() if key != "TF_USE_LEGACY_KERAS"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(function=function)],
        cwd=ROOT,
        env={**environment, "KERAS_BACKEND": backend},
        check=True,
        capture_output=True,
        text=True,
    )
    first, same, built = done.stdout.splitlines()
    assert set(imported.split()) <= set(first.split())
    assert not {"IPython", "matplotlib", "sklearn"} & set(first.split())
    assert ("jax" in first) == (backend == "jax")
    assert same == "True plot_model"
    assert built == f"9 {backend}"
