"""Intervals around the predictions of a regression, from the exported model to the files."""

import io
import json

import numpy as np
import pandas as pd
import pytest
import tensorflow_transform as tft
from click.testing import CliRunner

import pipeline
from components.errors import UserError
from components.features import LabelFeature, model_schema
from components.learning.learn import Learned
from components.learning.outputs import Outputs
from components.learning.residuals import residuals_of
from components.learning.task import Scale, Task, label_card
from components.model_store import model_files
from components.trainer.export import export
from pipeline.__main__ import main
from pipeline.models import build_model
from pipeline.prediction.model import Predictions
from reactive_schedules import FitResult
from tests.components.transform import running

ROWS = 40
LABEL = LabelFeature("price", "regression")
CONFIG = {
    "label": "price",
    "task": "regression",
    "classes": [],
    "shapes": {},
    "categorical": [],
    "ignore": [],
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A model as it is initialised, with residuals of 0.5, 1, …, 19.5 and 20."""
    columns = {"price": [[float(row)] for row in range(ROWS)], "size": [[row / 7] for row in range(ROWS)]}
    rows = list(range(ROWS))
    raw = running.write_raw(
        tmp_path_factory.mktemp("raw"), columns, {"train": [rows[:30]], "eval": [rows[30:]]}
    )
    graph = running.run(raw, tmp_path_factory.mktemp("transformed"), config=CONFIG)
    output = tft.TFTransformOutput(str(graph / "graph"))
    schema, none = model_schema(output, LABEL), (np.zeros((1, 1)), np.zeros((1, 1)))
    task = Task(none, none, schema, Scale(100.0, 10.0), output)
    residuals = residuals_of(np.arange(1, ROWS + 1) / 2, np.zeros(ROWS))
    result = FitResult({}, [], None, None, "epochs", 0, None)
    folder = tmp_path_factory.mktemp("exported") / "1"
    learned = Learned(build_model({}, schema), result, Outputs(0, task.scale), residuals=residuals)
    export(learned, task, {"label": label_card(LABEL, task.scale, None)}, str(folder))
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    file = tmp_path_factory.mktemp("rows") / "rows.csv"
    pd.DataFrame({"size": np.linspace(-3, 9, 50), "note": "x"}).to_csv(file, index=False)
    return file


def predict(*arguments, **options):
    result = CliRunner().invoke(main, ["predict", *map(str, arguments)], **options)
    assert not isinstance(result.exception, Exception), result.exception
    return result


def test_every_way_to_predict_gives_the_same_intervals(exported, source, tmp_path):
    expected = pipeline.load_model(exported).predict(pd.read_csv(source), interval=0.9)
    assert expected.lower.dtype == expected.upper.dtype == np.float32
    np.testing.assert_allclose(expected.upper - expected.prediction, 18.5, rtol=1e-5)  # of rank 37 of 40
    np.testing.assert_allclose(expected.prediction - expected.lower, 18.5, rtol=1e-5)
    options = ("--model", exported, "--interval", "0.9", "--prefix", "p ")
    for name, *more in (("out.csv",), ("out.parquet",), ("beam.csv", "--beam", "")):
        result = predict("--input", source, "--output", tmp_path / name, *options, *more)
        assert result.exit_code == 0, result.output
    piped = predict("--input", "-", "--output", "-", *options, input=source.read_bytes())
    found = [
        pd.read_csv(tmp_path / "out.csv"),
        pd.read_csv(tmp_path / "beam.csv"),
        pd.read_parquet(tmp_path / "out.parquet"),
        pd.read_csv(io.StringIO(piped.stdout)),
    ]
    for frame in found:
        assert list(frame) == ["size", "note", "p prediction", "p prediction_lower", "p prediction_upper"]
        for name, values in expected.columns("p ").items():
            np.testing.assert_allclose(frame[name], values, rtol=1e-6)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "beam.csv").read_bytes()
    assert list(expected.to_frame()) == ["prediction", "prediction_lower", "prediction_upper"]


def test_without_a_level_there_are_none(exported, source):
    frame = pipeline.load_model(exported).predict(pd.read_csv(source)).to_frame()
    assert list(frame) == ["prediction"]


@pytest.mark.parametrize(
    ("level", "message"),
    [
        (
            "0.99",
            "interval: 0.99 needs at least 99 rows in the eval split, but this model had 40; ask for at most 0.9756",
        ),
        ("90", "interval: must be between 0 and 1, such as 0.9; got 90"),
    ],
)
def test_a_level_that_cannot_be_had_is_refused(exported, source, tmp_path, level, message):
    result = predict(
        "--input", source, "--output", tmp_path / "out.csv", "--model", exported, "--interval", level
    )
    assert result.exit_code == 2
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("task", "classes", "message"),
    [
        ("regression", [], "has no residuals, because an earlier release"),
        ("classification", ["a", "b"], "is for regressions; this model predicts classes"),
    ],
)
def test_models_without_residuals_have_none(tmp_path, task, classes, message):
    file = tmp_path / model_files.CARD
    file.parent.mkdir()
    label = {"name": "y", "task": task, "classes": classes}
    file.write_text(json.dumps({"features": {}, "label": label}), encoding="utf-8")
    (tmp_path / model_files.GRAPH).touch()
    with pytest.raises(UserError, match=message):
        pipeline.prediction.model.ExportedModel(tmp_path).half_width(0.9)


def test_rounding_makes_no_interval_smaller():
    middle = np.random.default_rng(0).normal(1e6, 1e5, 1000).astype(np.float32)
    found = Predictions(middle, None, ()).within(0.123456789)
    assert (found.upper.astype(float) - middle.astype(float) >= 0.123456789).all()
    assert (middle.astype(float) - found.lower.astype(float) >= 0.123456789).all()
    assert (found.upper - middle < 0.3).all()
