"""Every way to predict with a pushed model gives the same answers."""

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from click.testing import CliRunner, Result
from tensorflow_serving.apis import predict_pb2

import pipeline
from pipeline.__main__ import main
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def predict(*arguments: object, **options) -> Result:
    """Runs the command in this process, where TensorFlow is already loaded."""
    result = CliRunner().invoke(main, ["predict", *map(str, arguments)], **options)
    assert not isinstance(result.exception, Exception), result.exception
    return result


def by_serving(folder: Path, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Answers a Predict request as TensorFlow Serving does: from the wire format to the signature, and back."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "model", signature
    for name, values in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
    request = predict_pb2.PredictRequest.FromString(request.SerializeToString())
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
        definition = graph.signature_def[request.model_spec.signature_name]
        assert request.inputs.keys() == definition.inputs.keys()
        feed = {
            definition.inputs[name].name: tf.make_ndarray(proto) for name, proto in request.inputs.items()
        }
        answers = session.run({name: info.name for name, info in definition.outputs.items()}, feed)
    response = predict_pb2.PredictResponse()
    for name, values in answers.items():
        response.outputs[name].CopyFrom(tf.make_tensor_proto(values))
    response = predict_pb2.PredictResponse.FromString(response.SerializeToString())
    return {name: tf.make_ndarray(proto) for name, proto in response.outputs.items()}


def probabilities(file: Path) -> np.ndarray:
    """The columns that the command added for the classes."""
    frame = pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file)
    return frame.filter(regex="^probability_").to_numpy()


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


@pytest.fixture(scope="module")
def table(untidy_run):
    """The workspace of a table with text, missing values and odd names; the table as text, and its file."""
    (file,) = untidy_run.data.glob("*.csv")
    with file.open(newline="", encoding="utf-8-sig") as lines:
        return untidy_run.workspace, list(csv.DictReader(lines)), file


BOOLEANS = {"True": "1", "False": "0"}


def example(row: dict[str, str], features: dict) -> bytes:
    """A row of text as CsvExampleGen parses it."""
    result = tf.train.Example()
    for name, feature in features.items():
        value = result.features.feature[name]
        if text := row[name]:
            match feature.dtype:
                case "int64":
                    value.int64_list.value.append(int(BOOLEANS.get(text, text)))
                case "float32":
                    value.float_list.value.append(float(text))
                case _:
                    value.bytes_list.value.append(text.encode())
    return result.SerializeToString()


def test_paths_agree_on_a_table(table, tmp_path):
    workspace, rows, file = table
    model = pipeline.load_model(workspace)
    features = model.schema.features
    records = [example(row, features) for row in rows]
    expected = by_serving(model.path, "serving_default", {"examples": records})["probabilities"]
    plain = {
        feature.rows_input: np.array([row[name] for row in rows], object)
        if feature.dtype == "string"
        else np.array([BOOLEANS.get(row[name], row[name]) or "nan" for row in rows], feature.dtype)
        for name, feature in features.items()
    }  # fmt: skip
    for name, *more in (("cli.csv",), ("cli.parquet",), ("beam.csv", "--beam", "--runner=DirectRunner")):
        predict("--workspace", workspace, "--input", file, "--output", tmp_path / name, *more)
    predict(
        "--workspace",
        workspace,
        "--input",
        tmp_path / "cli.parquet",
        "--output",
        tmp_path / "again.csv",
        "--prefix",
        "again ",
    )
    piped = predict("--workspace", workspace, "--input", "-", "--output", "-", input=file.read_bytes())
    answers = {
        "Python, text": model.predict(rows).probabilities,
        "Python, frame": model.predict(pd.read_csv(file)).probabilities,
        "Python, examples": model.predict(records).probabilities,
        "CLI, csv": probabilities(tmp_path / "cli.csv"),
        "CLI, parquet": probabilities(tmp_path / "cli.parquet"),
        "CLI, piped": pd.read_csv(io.StringIO(piped.stdout)).filter(regex="^probability_").to_numpy(),
        "CLI, from parquet": pd.read_csv(tmp_path / "again.csv")
        .filter(regex="^again probability_")
        .to_numpy(),
        "Beam": probabilities(tmp_path / "beam.csv"),
        "Predict request, rows": by_serving(model.path, "rows", plain)["probabilities"],
    }
    for name, answer in answers.items():
        np.testing.assert_allclose(answer, expected, atol=1e-6, err_msg=name)
    assert (tmp_path / "beam.csv").read_bytes() == (tmp_path / "cli.csv").read_bytes()


def test_text_of_the_input_stays_as_it_was(table, tmp_path):
    workspace, rows, file = table
    predict("--workspace", workspace, "--input", file, "--output", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as lines:
        written = list(csv.DictReader(lines))
    assert [{name: row[name] for name in rows[0]} for row in written] == rows
    assert written[0].keys() - rows[0].keys() == {"prediction", "probability_ja", "probability_nein, danke"}
    frame = pd.DataFrame(written)
    assert np.mean(frame["prediction"] == frame["the label"]) > 0.9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="a_b"), r"rows.csv: missing column 'a_b'"),
        (lambda frame: frame.rename(columns={"flag": "Flag"}), r"'flag' \(did you mean 'Flag'\?\)"),
        (lambda frame: frame.assign(prediction=1), "already has the column 'prediction'; pass --prefix"),
        (
            lambda frame: frame.assign(**{"Größe, cm": "tall"}),
            "row 1: column 'Größe.*': 'tall' is not a number",
        ),
        (
            lambda frame: frame.assign(flag="7.5"),
            "row 1: column 'flag': '7.5' is not a number like true",
        ),
        (lambda frame: frame.assign(flag=""), "row 1: column 'flag' is empty; the model requires a value"),
    ],
    ids=["missing", "misspelt", "taken", "text for a number", "fraction", "empty"],
)
@pytest.mark.parametrize("beam", [False, True], ids=["here", "Beam"])
def test_wrong_input_is_one_line(table, tmp_path, change, message, beam):
    workspace, rows, _ = table
    change(pd.DataFrame(rows)).to_csv(tmp_path / "rows.csv", index=False)
    arguments = ["--beam", ""] if beam else []
    result = predict(
        "--workspace",
        workspace,
        "--input",
        tmp_path / "rows.csv",
        "--output",
        tmp_path / "out.csv",
        *arguments,
    )
    assert result.exit_code == 2
    assert re.search(message, result.stderr)
    assert len(result.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "17"], "has no version 17; it has "),
        (["--model", "no/such/model"], "does not exist; run local_runner.py"),
        (["--workspace", "."], "contains no model"),
        (["--input", "-", "--beam", ""], "--beam cannot read standard input"),
        (["--beam", "--runner=Abacus --environment_type=LOOPBACK"], "Unexpected pipeline runner: Abacus"),
        (["--beam", "--runner=FlinkRunner"], "workers of FlinkRunner need the image"),
    ],
)
def test_wrong_arguments_are_one_line(table, tmp_path, arguments, message):
    workspace, _, file = table
    result = predict("--workspace", workspace, "--input", file, "--output", tmp_path / "o.csv", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []
