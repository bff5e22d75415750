"""Every way to predict with the pushed model of the digits gives the same answers."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import pipeline
from tests.conftest import ROOT
from tests.end_to_end.predicting import by_serving, predict, probabilities

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def digits(digits_run):
    """The workspace; the serialised test examples, with their features; and their file."""
    (file,) = digits_run.workspace.glob("artifacts/digits/ExampleGen/examples/*/Split-test/*.gz")
    records = [record.numpy() for record in tf.data.TFRecordDataset(str(file), "GZIP")]
    spec = {"image": tf.io.FixedLenFeature([64], tf.float32), "digit": tf.io.FixedLenFeature([], tf.int64)}
    return digits_run.workspace, records, tf.io.parse_example(records, spec), file


@pytest.fixture(scope="module")
def digits_model(digits):
    return pipeline.load_model(digits[0])


def test_five_paths_agree_on_the_digits(digits, digits_model, tmp_path):
    workspace, records, parsed, file = digits
    images, folder = parsed["image"].numpy(), digits_model.path
    source = tmp_path / "digits.tfrecord.gz"
    source.symlink_to(file)
    for name, *more in (("cli.csv",), ("cli.parquet",), ("beam.csv", "--beam", "")):
        result = predict("--workspace", workspace, "--input", source, "--output", tmp_path / name, *more)
        assert result.exit_code == 0, result.output
    (tmp_path / "saved_model_cli").mkdir()
    answers = {
        "Python, examples": digits_model.predict(records).probabilities,
        "Python, frame": digits_model.predict(pd.DataFrame({"image": list(images)})).probabilities,
        "Python, rows": digits_model.predict(
            [{"image": image.reshape(8, 8)} for image in images]
        ).probabilities,
        "CLI, csv": probabilities(tmp_path / "cli.csv"),
        "CLI, parquet": probabilities(tmp_path / "cli.parquet"),
        "Beam": probabilities(tmp_path / "beam.csv"),
        "Predict request": by_serving(folder, "serving_default", {"examples": records})["probabilities"],
        "Predict request, rows": by_serving(folder, "rows", {"image": images})["probabilities"],
        "saved_model_cli": by_saved_model_cli(folder, images, tmp_path),
    }
    expected = tf.saved_model.load(str(folder)).signatures["serving_default"](examples=records)
    for name, answer in answers.items():
        np.testing.assert_allclose(answer, expected["probabilities"], atol=1e-6, err_msg=name)
    assert (tmp_path / "beam.csv").read_bytes() == (tmp_path / "cli.csv").read_bytes()


def by_saved_model_cli(folder: Path, images: np.ndarray, out: Path) -> np.ndarray:
    """TensorFlow's own command; its numbers come in files."""
    np.save(out / "images.npy", images)
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "run", "--dir", folder]
    signature = ["--tag_set", "serve", "--signature_def", "rows"]
    files = ["--inputs", f"image={out / 'images.npy'}", "--outdir", out]
    subprocess.run([*command, *signature, *files], check=True, capture_output=True, timeout=600)
    return np.load(out / "probabilities.npy")


def test_model_knows_itself(digits, digits_model):
    workspace, *_ = digits
    version = max((workspace / "serving").glob("[0-9]*"), key=lambda path: path.name)
    assert digits_model.path == version.resolve()
    assert digits_model.schema.features["image"].shape == (64,)
    assert digits_model.schema.label.classes == tuple(range(10))
    assert digits_model.spec.plateau.action == "decay"
    assert digits_model.metrics["candidate"]["accuracy"] > 0.9
    assert digits_model.lineage["version"] == int(version.name)
    for path in (workspace / "serving", version):
        assert pipeline.load_model(path).path == digits_model.path


def test_probabilities_are_those_of_the_classes(digits, digits_model):
    _, records, parsed, _ = digits
    answer = digits_model.predict(records)
    assert answer.probabilities.shape == (len(records), 10)
    np.testing.assert_array_equal(answer.prediction, answer.probabilities.argmax(axis=1))
    assert np.mean(answer.prediction == parsed["digit"]) > 0.95
    frame = answer.to_frame()
    assert list(frame) == ["prediction", *(f"probability_{digit}" for digit in range(10))]


def test_columns_of_the_input_stay(digits, tmp_path):
    workspace, _, parsed, file = digits
    source = tmp_path / "digits.tfrecord.gz"
    source.symlink_to(file)
    predict("--workspace", workspace, "--input", source, "--output", tmp_path / "out.parquet")
    frame = pd.read_parquet(tmp_path / "out.parquet")
    np.testing.assert_array_equal(frame["digit"], parsed["digit"])
    np.testing.assert_array_equal(np.stack(frame["image"]), parsed["image"])


def test_predicting_imports_neither_tfx_nor_beam(digits):
    script = "import sys, pipeline; print(pipeline.load_model('serving').predict({'image': [0] * 64}).prediction)\n"
    script += "print(sorted({'tfx', 'apache_beam', 'tensorflow_transform'} & sys.modules.keys()))"
    process = subprocess.run(
        [sys.executable, "-c", script],
        cwd=digits[0],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert re.fullmatch(r"\[\d\]\n\[\]\n", process.stdout), process.stderr
