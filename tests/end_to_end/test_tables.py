"""The user's own CSV: all it takes is a folder and a label column."""

import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tfx

from components.model_store.serving import versions
from examples import bundled
from pipeline.workspace import TEMPORARY
from tests.browser import check_page
from tests.conftest import for_tables, run_local

pytestmark = pytest.mark.slow


def run(tmp_path: Path, write, label: str, *arguments: object):
    folder, workspace = tmp_path / "My Data", tmp_path / "workspace"
    folder.mkdir()
    write(folder)
    finished = run_local("--data", folder, "--label", label, "--workspace", workspace, *arguments)
    assert finished.code == 0, finished.stdout + finished.stderr
    (version,) = versions(workspace / "serving")
    (file,) = folder.iterdir()
    return (
        finished.stdout,
        tf.saved_model.load(f"{workspace}/serving/{version}").signatures["serving_default"],
        _read(file),
    )


def _read(file: Path) -> pd.DataFrame:
    # Whole numbers stay whole where values are missing, as they do for ExampleGen.
    return pd.read_csv(file, dtype_backend="numpy_nullable", na_values=[""], keep_default_na=False)


def serialise(frame: pd.DataFrame) -> tf.Tensor:
    """Rows as `tf.Example`s; a missing value is a missing feature."""
    records = []
    for row in frame.to_dict("records"):
        example = tf.train.Example()
        for name, value in row.items():
            feature = example.features.feature[name]
            if isinstance(value, str):
                feature.bytes_list.value.append(value.encode())
            elif isinstance(value, bool) or (
                not pd.isna(value) and pd.api.types.is_integer_dtype(frame[name])
            ):
                feature.int64_list.value.append(int(value))
            elif not pd.isna(value):
                feature.float_list.value.append(value)
        records.append(example.SerializeToString())
    return tf.constant(records)


def measured(stdout: str, metric: str) -> float:
    return float(re.search(rf"^Test {metric} +([\d.]+)", stdout, re.MULTILINE).group(1))


def test_text_label_with_two_classes(tmp_path):
    short = ("--trials", 2, "--set", "search.folds=0", "--config", for_tables(tmp_path, 60))
    stdout, model, frame = run(tmp_path, bundled.breast_cancer, "diagnosis", *short)
    answer = model(examples=serialise(frame.drop(columns="diagnosis")))
    assert np.mean(answer["prediction"].numpy().astype(str) == frame["diagnosis"]) > 0.95
    assert answer["probabilities"].shape == (len(frame), 2)
    assert measured(stdout, "accuracy") > 0.9
    # The share of the larger class in the test split.
    assert re.search(r"accuracy is above the 0\.[56]\d\d\d of the best constant prediction", stdout)


def test_whole_number_label_with_three_classes(tmp_path):
    stdout, model, frame = run(
        tmp_path, bundled.wine, "cultivar", "--no-tune", "--config", for_tables(tmp_path, 60)
    )
    answer = model(examples=serialise(frame.drop(columns="cultivar")))
    assert answer["prediction"].dtype == tf.int64
    assert np.mean(answer["prediction"].numpy() == frame["cultivar"]) > 0.95
    assert measured(stdout, "accuracy") > 0.85


def test_numeric_label(tmp_path, browser):
    stdout, model, frame = run(
        tmp_path, bundled.diabetes, "progression", "--no-tune", "--config", for_tables(tmp_path, 200)
    )
    prediction = model(examples=serialise(frame.drop(columns="progression")))["prediction"].numpy()
    # In the label's own unit, and better than always answering the mean.
    assert np.sqrt(np.mean((prediction - frame["progression"]) ** 2)) < 0.85 * np.std(frame["progression"])
    assert measured(stdout, "rmse") < np.std(frame["progression"])
    (report,) = (tmp_path / "workspace/reports").iterdir()
    check_page(browser, report)
    headings = browser.script("return [...document.querySelectorAll('h3')].map((h) => h.textContent)")
    assert headings[-2:] == ["Calibration: true against predicted", "Residuals"]


def taxi(folder: Path) -> None:
    """5,000 trips: numbers and text, many values missing."""
    data = Path(tfx.__file__).parent / "examples/chicago_taxi_pipeline/data/simple/data.csv"
    with data.open("rb") as lines:
        (folder / "trips.csv").write_bytes(b"".join(itertools.islice(lines, 5001)))


def test_text_columns_and_missing_values(tmp_path):
    _, model, frame = run(tmp_path, taxi, "tips", "--no-tune", "--config", for_tables(tmp_path, 5))
    assert frame.isna().any().sum() > 5
    prediction = model(examples=serialise(frame.drop(columns="tips")))["prediction"].numpy()
    assert np.isfinite(prediction).all()
    assert np.sqrt(np.mean((prediction - frame["tips"]) ** 2)) < 0.8 * np.std(frame["tips"])
    # Values never seen in training, and none at all.
    odd = frame.drop(columns="tips").head(2).assign(company="A new one", pickup_census_tract=pd.NA)
    assert np.isfinite(model(examples=serialise(odd))["prediction"].numpy()).all()


def test_untidy_columns(untidy_run):
    serving = untidy_run.workspace / "serving"
    (version,) = versions(serving)
    (file,) = untidy_run.data.iterdir()
    model, frame = tf.saved_model.load(f"{serving}/{version}").signatures["serving_default"], _read(file)
    answer = model(examples=serialise(frame.drop(columns=["the label", "nothing"])))["prediction"].numpy()
    assert np.mean(answer.astype("U") == frame["the label"]) > 0.9


def test_a_run_leaves_no_temporary_files(untidy_run):
    assert list(untidy_run.temporary.iterdir()) == []
    assert not (untidy_run.workspace / TEMPORARY).exists()
    assert list(untidy_run.workspace.rglob(".temp")) == []
