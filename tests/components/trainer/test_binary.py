"""A binary label: its positive class, and its threshold from training to the served model."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from components import metrics
from components.features import LABEL, LabelFeature
from components.learning.calibration import calibrated, temperature
from components.learning.goal import Goal
from components.model_store import model_files
from components.shards import batches
from tests.components import transformed

pytestmark = pytest.mark.slow

# The label has the values "ja" and "nein, danke".
CLASSES = LabelFeature("the label", "classification", ("ja", "nein, danke"), positive=0)


@pytest.fixture(scope="module")
def trained(untidy_run, tmp_path_factory):
    """Output folders of a short training that is judged by F1."""
    plateau = {"monitor": "val_f1", "patience": 9}
    return transformed.train(
        tmp_path_factory.mktemp("trained"),
        transformed.inputs(untidy_run.workspace),
        training={**transformed.TRAINING, "epochs": 2, "plateau": plateau},
        label=CLASSES.to_json(),
        goal=Goal(class_weight=(1.0, 3.0), metric="f1").to_json(),
    )


@pytest.fixture(scope="module")
def answered(untidy_run, trained):
    """Labels, probabilities and predictions of the served model for the eval split."""
    served = tf.saved_model.load(str(trained["model"] / "Format-Serving")).signatures
    (folder,) = untidy_run.workspace.glob("artifacts/*/ExampleGen/examples/*/Split-eval")
    found = []
    for examples in batches(sorted(map(str, folder.iterdir()))):
        answer = served["serving_default"](examples=examples)
        labels = served["transform_features"](examples=examples)[LABEL][:, 0]
        found.append([labels.numpy(), answer["probabilities"].numpy(), answer["prediction"].numpy()])
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]


def test_the_threshold_is_the_best_one_on_the_eval_split(trained, answered):
    labels, probabilities, _ = answered
    label = json.loads((trained["model"] / "Format-Serving" / model_files.CARD).read_text())["label"]
    f1 = metrics.find("f1")
    best = metrics.best_threshold(f1, labels, probabilities, positive=0)
    assert (label["positive"], label["threshold"]) == (0, pytest.approx(best, abs=1e-5))
    record = json.loads((trained["training_record"] / "record.json").read_text())
    score = f1.score(labels, probabilities, positive=0, threshold=label["threshold"])
    assert score == pytest.approx(record["best_metric"], abs=1e-6)
    assert record["best_metric"] == max(record["history"]["val_f1"])


def test_the_served_probabilities_are_those_of_the_model_at_the_temperature(untidy_run, trained, answered):
    folder = trained["model"] / "Format-Serving"
    label = json.loads((folder / model_files.CARD).read_text(encoding="utf-8"))["label"]
    served = tf.saved_model.load(str(folder)).signatures["transform_features"]
    model = keras.models.load_model(folder / model_files.KERAS, compile=False)
    (raw,) = untidy_run.workspace.glob("artifacts/*/ExampleGen/examples/*/Split-eval")
    found = []
    for examples in batches(sorted(map(str, raw.iterdir()))):
        features = served(examples=examples)
        found.append(model({name: features[name] for name in model.input}, training=False).numpy())
    labels, probabilities, _ = answered
    before = np.concatenate(found)
    assert label["temperature"] == pytest.approx(temperature(labels, before), rel=1e-4)
    assert label["temperature"] != 1
    np.testing.assert_allclose(probabilities, calibrated(before, label["temperature"]), rtol=1e-4)


def test_the_served_prediction_uses_the_threshold(trained, answered):
    _, probabilities, predictions = answered
    threshold = json.loads((trained["model"] / "Format-Serving" / model_files.CARD).read_text())["label"][
        "threshold"
    ]
    is_positive = probabilities[:, 0] >= np.float32(threshold)
    assert (predictions == np.where(is_positive, b"ja", b"nein, danke")).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert LabelFeature.from_json(CLASSES.to_json()) == CLASSES
