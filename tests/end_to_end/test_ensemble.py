"""An ensemble, from the option to the served model and the report."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import pipeline
from components import shards
from components.evaluator import words
from components.learning.calibration import calibrated
from components.learning.members import name_of
from components.model_store import model_files
from tests.browser import check_page

pytestmark = pytest.mark.slow


def newest(workspace: Path, key: str) -> Path:
    return max(workspace.glob(f"artifacts/digits/{key}/*"), key=lambda path: int(path.name))


@pytest.fixture(scope="module")
def ensemble_run(digits_run, tmp_path_factory):
    """A short training of two models, none of which goes into production."""
    finished = digits_run.rerun(
        tmp_path_factory.mktemp("ensemble"),
        "--best",  # the configuration's own number of models takes precedence
        "--no-tune",
        training={"epochs": 3, "ensemble": 2},
        evaluation={"threshold": 1.0},
    )
    assert finished.code == 0, finished.stdout + finished.stderr
    assert finished.stdout.startswith("--best: no search, training.ensemble: 2\n")
    return finished


@pytest.fixture(scope="module")
def served(digits_run, ensemble_run) -> Path:
    return newest(digits_run.workspace, "Trainer/model") / "Format-Serving"


@pytest.fixture(scope="module")
def answers(digits_run, served) -> dict:
    """Examples of the test split, what each model of the ensemble predicts, and what is served."""
    files = sorted(map(str, newest(digits_run.workspace, "ExampleGen/examples").glob("Split-test/*")))
    examples = np.concatenate([batch.numpy() for batch in shards.batches(files)])
    signatures = tf.saved_model.load(str(served)).signatures
    features = signatures["transform_features"](examples=tf.constant(examples))
    model = keras.models.load_model(served / model_files.KERAS)
    inputs = {name: features[name] for name in model.input}
    return {
        "examples": examples,
        "members": [np.asarray(model.get_layer(name_of(number))(inputs)) for number in (1, 2)],
        "served": signatures["serving_default"](examples=tf.constant(examples))["probabilities"].numpy(),
    }


def test_the_served_model_is_the_average_of_the_models_at_its_temperature(served, answers):
    temperature = json.loads((served / model_files.CARD).read_text(encoding="utf-8"))["label"]["temperature"]
    assert np.abs(np.subtract(*answers["members"])).max() > 0.01
    expected = calibrated(np.mean(answers["members"], axis=0), temperature)
    np.testing.assert_allclose(answers["served"], np.asarray(expected), atol=1e-6)


def test_predict_agrees(served, answers):
    rows = []
    for example in answers["examples"]:
        feature = tf.train.Example.FromString(example).features.feature
        rows.append({"image": list(feature["image"].float_list.value or feature["image"].int64_list.value)})
    found = pipeline.load_model(served).predict(rows)
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities, answers["served"], atol=1e-6)


def test_every_model_is_recorded(digits_run, ensemble_run):
    folder = newest(digits_run.workspace, "Trainer/training_record")
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    assert [member["seed"] for member in record["members"]] == record["ensemble"]["seeds"] == [0, 1]
    for number, member in enumerate(record["members"], 1):
        own = folder / name_of(number)
        rows = [json.loads(line) for line in (own / "history.jsonl").read_text(encoding="utf-8").splitlines()]
        assert [row["val_loss"] for row in rows] == member["history"]["val_loss"]
        assert len(rows) == 3
        assert {file.name for file in own.iterdir()} > {"decisions.jsonl", "history.parquet", "training.png"}
        logs = newest(digits_run.workspace, "Trainer/model_run") / name_of(number)
        assert {each.name for each in logs.iterdir()} == {"train", "validation"}
    assert {key: record["members"][0][key] for key in ("history", "best_epoch")} == {
        key: record[key] for key in ("history", "best_epoch")
    }


def test_what_the_average_gains_is_said_everywhere(digits_run, ensemble_run, browser):
    evaluation = json.loads(
        (newest(digits_run.workspace, "Evaluator/evaluation") / "metrics.json").read_text(encoding="utf-8")
    )
    described = evaluation["ensemble"]
    assert described["validation"]["accuracy"]["average"] == pytest.approx(
        evaluation["validation"]["accuracy"]
    )
    text = words.ensemble(described)
    assert text.startswith("average of 2 models; on the validation split, accuracy ")
    assert text in " ".join(ensemble_run.stdout.split())
    report = max((digits_run.workspace / "reports").glob("*.html"))
    check_page(browser, report)
    assert text in browser.script("return document.body.textContent")
    assert "Models of the ensemble" in browser.script("return document.body.textContent")
