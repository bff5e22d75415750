"""Every way to predict with the pushed model of a table gives the same answers, and refuses the same rows."""

import csv
import io
import re

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import pipeline
from tests.end_to_end.predicting import by_serving, predict, probabilities

pytestmark = pytest.mark.slow


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
        (["--beam", "--runner=Abacus --environment_type=LOOPBACK"], "or the path of a class; got 'Abacus'"),
        (["--beam", "--runner=FlinkRunner"], "workers of FlinkRunner need the image"),
    ],
)
def test_wrong_arguments_are_one_line(table, tmp_path, arguments, message):
    workspace, _, file = table
    result = predict("--workspace", workspace, "--input", file, "--output", tmp_path / "o.csv", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []
