"""TensorFlow without Keras."""

import os
import subprocess
import sys

from tests.conftest import ROOT

PROGRAM = """
import sys
from pipeline.prediction.tensorflow_alone import import_tensorflow

import_tensorflow()
loaded = "keras" in sys.modules or "tf_keras" in sys.modules
import tensorflow as tf
import keras

print(loaded, tf.keras.layers.Dense is keras.layers.Dense, keras.optimizers.SGD.__name__)
"""


def test_keras_is_not_imported_and_can_be_later():
    # TensorFlow Transform sets it in the process that imports it.
    environment = {key: value for key, value in os.environ.items() if key != "TF_USE_LEGACY_KERAS"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.stdout.split() == ["False", "True", "SGD"]
