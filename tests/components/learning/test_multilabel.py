"""A training where any number of labels applies to a row."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from components import metrics
from components.features import LABEL, Input, LabelFeature, ModelSchema
from components.learning.goal import DEFAULT, LOSSES, Goal
from components.learning.learn import learn
from components.learning.model_check import check_label
from components.learning.outputs import Outputs, Scale
from components.learning.parsed_file import LabelSummary
from components.learning.splits import read_split
from components.learning.stream import StreamSource
from components.learning.task import Task, load_task
from reactive_schedules.training.tensorflow.sources import ArraySource
from tests.components.described import described, schema_artifact
from tests.components.formats.examples import write_examples
from tests.components.learning.test_learn import ROWS, X, spec
from tests.components.learning.test_splits import standard_artifacts

LABELS = LabelFeature("genres", "multilabel", ("a", "b", "c"), separator="|")
TWO = LabelFeature("genres", "multilabel", ("a", "b"), separator="|")
TRUTH = (X @ np.eye(3) + 0.5 * np.random.default_rng(1).normal(size=(ROWS, 3)) > [0.2, 0.5, 1.0]).astype(
    np.float32
)
SIGMOID = {"units": 3, "activation": "sigmoid"}


def learned(label=LABELS, goal=DEFAULT, chosen=None, weights=None, build="answering", **hyperparameters):
    truth = TRUTH[:, : len(label.classes)]
    more = () if weights is None else (weights / weights.mean(),)
    source = ArraySource(({"x_xf": X}, truth, *more))
    schema = ModelSchema({"x_xf": Input((3,), "float32")}, label)
    task = Task(source, source, schema, Scale(), None, (truth, weights), weights is not None)  # pyright: ignore[reportArgumentType]
    return learn(task, chosen or spec(), f"tests.components.user_models.{build}", hyperparameters, goal=goal)


def probabilities(done) -> np.ndarray:
    return done.outputs.predictions(done.model({"x_xf": X})).numpy()


@pytest.mark.parametrize("loss", [None, *LOSSES["multilabel"]])
@pytest.mark.parametrize("logits", [False, True])
def test_every_loss_learns_each_label(loss, logits):
    done = learned(goal=Goal(loss, logits), **({"units": 3} if logits else SIGMOID))
    found = probabilities(done)
    assert metrics.find("roc_auc").score(TRUTH, found) > 0.9
    assert ((found > 0) & (found < 1)).all()
    assert np.ptp(found.sum(axis=1)) > 0.5  # no softmax
    history = done.result.history
    right = ((found >= 0.5) == TRUTH).mean()
    assert history["val_binary_accuracy"][done.result.best_epoch or 0] == pytest.approx(right, abs=1e-6)
    assert history["binary_accuracy"][-1] == pytest.approx(right, abs=0.1)
    assert done.threshold == 0.5


def test_the_loss_is_the_cross_entropy_that_the_evaluator_measures():
    done = learned(
        goal=Goal(metric="cross_entropy", weight="w"), weights=np.arange(ROWS) % 3 + 0.5, **SIGMOID
    )
    np.testing.assert_allclose(
        done.result.history["val_loss"], done.result.history["val_cross_entropy"], rtol=1e-5
    )


@pytest.mark.parametrize("name", metrics.names("multilabel"))
def test_the_history_has_the_evaluators_metric_and_the_threshold_is_for_it(name):
    metric = metrics.find(name)
    mode = "max" if metric.larger_is_better else "min"
    done = learned(goal=Goal(metric=name), chosen=spec(3, f"val_{name}", mode=mode), **SIGMOID)
    found = probabilities(done)
    threshold = metrics.best_threshold(metric, TRUTH, found)
    assert done.threshold == pytest.approx(threshold, abs=1e-5)
    assert metric.score(TRUTH, found, threshold=threshold) == pytest.approx(done.result.best_metric, rel=1e-5)


@pytest.mark.parametrize(
    ("label", "goal", "hyperparameters", "message"),
    [
        (LABELS, DEFAULT, {"units": 3, "activation": "softmax"}, "whose probabilities sum to 1, but any number of the 3"),
        (TWO, DEFAULT, {"units": 2, "activation": "softmax"}, "end it with a sigmoid instead of a softmax"),
        (LABELS, DEFAULT, {"units": 3}, "output is not probabilities, such as .*; end it with a sigmoid over the 3"),
        (LABELS, DEFAULT, {"units": 2, "activation": "sigmoid"}, r"for multilabel of 'genres' it must have shape \(batch, 3\)"),
        (LABELS, Goal(from_logits=True), SIGMOID, "remove from_logits, or the sigmoid at the end of the model"),
    ],
)  # fmt: skip
def test_a_model_that_does_not_answer_each_label_is_refused(label, goal, hyperparameters, message):
    with pytest.raises(ValueError, match=message):
        learned(label, goal, **hyperparameters)


def test_two_sigmoids_of_zeros_are_no_softmax():
    assert learned(TWO, units=2, activation="sigmoid", kernel="zeros").threshold == 0.5


def test_outputs_are_probabilities():
    logits = tf.constant([[0.0, 2.0]])
    assert Outputs(2, from_logits=True, is_multilabel=True).predictions(logits).numpy() == pytest.approx(
        np.array([[0.5, 0.8808]]), abs=1e-4
    )


def test_the_label_of_an_own_preprocessing_must_have_a_value_for_each():
    check_label(tf.io.FixedLenFeature([3], tf.float32), LABELS)
    with pytest.raises(
        ValueError, match=r"'label_xf' of shape \(batch, 1\); .* zeros and ones of shape \(batch, 3\)"
    ):
        check_label(tf.io.FixedLenFeature([1], tf.int64), LABELS)


SPEC = {"x": tf.io.FixedLenFeature([2], tf.float32), LABEL: tf.io.FixedLenFeature([3], tf.float32)}


def written(folder, labels) -> list:
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = str(folder), '["train", "eval"]'
    for name in ("train", "eval"):
        (folder / f"Split-{name}").mkdir()
        rows = ({"x": [float(n), -n], LABEL: list(map(float, row))} for n, row in enumerate(labels))
        write_examples(f"{folder}/Split-{name}/examples.gz", rows, "GZIP")
    return [artifact]


def test_labels_are_the_same_in_memory_and_from_disk(tmp_path):
    labels = np.array(list(itertools.product([0, 1], repeat=3)) * 5, np.float32)
    examples = written(tmp_path, labels)
    memory, disk = (read_split(examples, described(SPEC), "train", budget) for budget in (2**30, 0))
    for split in (memory, disk):
        np.testing.assert_array_equal(split.truth()[0], labels)
        assert (split.labels.count, split.labels.least, split.labels.mean) == (40, 0, 0.5)
    assert isinstance(disk.data, StreamSource)
    ((_, streamed),) = disk.data.batches(64, 0, 0, None)
    np.testing.assert_array_equal(streamed, labels)


def test_a_label_that_is_not_known_is_an_error(tmp_path):
    examples = written(tmp_path, [[1, 0, 1], [-1, -1, -1]])
    schema = schema_artifact(tmp_path / "schema", SPEC)
    with pytest.raises(ValueError, match="a genres that is not one of the 3 classes"):
        load_task(examples, schema, LABELS, {"train": "train", "validation": "eval"})


def test_weights_count_once_per_row():
    labels, weights = TRUTH[:50], np.arange(50, dtype=np.float32)[:, None]
    summary = LabelSummary().add(labels, weights)
    assert summary.weight == weights.sum()
    assert summary.mean == pytest.approx(np.average(labels.mean(axis=1), weights=weights[:, 0]))
