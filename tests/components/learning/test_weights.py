"""Weights of examples and classes, from Transform's output to the batches of a training."""

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from tfx.types import standard_artifacts

from components.features import LABEL, WEIGHT, LabelFeature
from components.learning.goal import Goal
from components.learning.learn import learn
from components.learning.parsed_file import LabelSummary
from components.learning.rows import balanced
from components.learning.splits import SPLITS
from components.learning.stream import StreamSource
from components.learning.task import load_task
from reactive_schedules import TrainingSpec
from tests.components.described import schema_artifact
from tests.components.formats.examples import write_examples

NUMBER = LabelFeature("price", "regression")
BINARY = LabelFeature("fraud", "classification", ("no", "yes"), positive=1)
WEIGHTED = Goal(weight="w", metric="mae")
ROWS = 300


@pytest.fixture
def load(tmp_path):
    """Writes rows of (x, label, weight) as both splits, and loads them."""

    numbers = itertools.count()

    def written(rows, label=NUMBER, goal=WEIGHTED, budget=2**30):
        folder = tmp_path / str(next(numbers))
        artifact = standard_artifacts.Examples()
        artifact.uri, artifact.split_names = str(folder), '["train", "eval"]'
        for split in ("train", "eval"):
            (folder / f"Split-{split}").mkdir(parents=True)
            examples = (
                {"x_xf": [float(x), float(-x)], LABEL: [y], **({WEIGHT: [w]} if goal.weight else {})}
                for x, y, w in rows
            )
            write_examples(f"{folder}/Split-{split}/examples.gz", examples, "GZIP")
        dtype = tf.int64 if label.classes else tf.float32
        features = {
            "x_xf": tf.io.FixedLenFeature([2], tf.float32),
            LABEL: tf.io.FixedLenFeature([1], dtype),
            **({WEIGHT: tf.io.FixedLenFeature([1], tf.float32)} if goal.weight else {}),
        }
        schema = schema_artifact(folder / "schema", features)
        return load_task([artifact], schema, label, SPLITS, budget, goal)

    return written


def rows(seed=0, label=NUMBER):
    random = np.random.default_rng(seed)
    x = random.normal(size=ROWS)
    y = (
        (x + random.normal(size=ROWS) > 1).astype(int)
        if label.classes
        else 100 + 5 * x + random.normal(size=ROWS)
    )
    return list(zip(x.tolist(), y.tolist(), random.integers(0, 4, ROWS).astype(float).tolist(), strict=True))


def batches(source):
    return [
        np.concatenate(parts)
        for parts in zip(*((y, w) for _, y, w in source.batches(64, 0, 0, None)), strict=True)
    ]


@pytest.mark.parametrize("label", [NUMBER, BINARY])
def test_a_stream_has_the_weights_of_memory(load, label):
    chosen = dataclasses.replace(WEIGHTED, class_weight=(1.0, 5.0)) if label.classes else WEIGHTED
    given = rows(label=label)
    memory, stream = (load(given, label, chosen, budget) for budget in (2**30, 0))
    assert isinstance(stream.train, StreamSource)
    assert memory.scale == stream.scale
    np.testing.assert_array_equal(memory.truth[0], stream.truth[0])
    np.testing.assert_array_equal(memory.truth[1], stream.truth[1])
    for split in ("train", "validation"):
        for one, other in zip(batches(getattr(memory, split)), batches(getattr(stream, split)), strict=True):
            np.testing.assert_array_equal(one, other)
    for one, other in zip(
        memory.in_label_units().unscaled or (), stream.in_label_units().unscaled or (), strict=True
    ):
        np.testing.assert_array_equal(batches(one)[0], batches(other)[0])


def test_weights_count_from_their_mean(load):
    found = load([(x, y, w * 1e6) for x, y, w in rows()])
    weights = np.array([w for *_, w in rows()])
    for source in (found.train, found.validation):
        np.testing.assert_allclose(batches(source)[1], weights / weights.mean(), rtol=1e-6)
    constant = load([(x, y, 0.1) for x, y, _ in rows()])
    assert (batches(constant.train)[1] == 1).all()


def test_class_weights_are_of_the_training_alone(load):
    given = rows(label=BINARY)
    found = load(given, BINARY, Goal(weight="w", class_weight=(1.0, 8.0)))
    weights, labels = np.array([w for *_, w in given]), np.array([y for _, y, _ in given])
    relative = weights / weights.mean()
    np.testing.assert_allclose(batches(found.train)[1], relative * np.where(labels == 1, 8, 1), rtol=1e-6)
    np.testing.assert_allclose(batches(found.validation)[1], relative, rtol=1e-6)
    alone = load(given, BINARY, Goal(class_weight="balanced"))
    share = np.mean(labels)
    np.testing.assert_allclose(
        batches(alone.train)[1], np.where(labels == 1, 0.5 / share, 0.5 / (1 - share)), rtol=1e-6
    )
    assert all(len(batch) == 2 for batch in alone.validation.batches(64, 0, 0, None))


def test_a_weighted_regression_equals_one_on_repeated_rows(load):
    """In the scale of the label, in the loss before the first step, and in every metric."""
    given = rows()
    repeated = [(x, y, 1.0) for x, y, w in given for _ in range(int(w))]
    tasks = load(given), load(repeated)
    assert tasks[0].scale.mean == pytest.approx(tasks[1].scale.mean, rel=1e-12)
    assert tasks[0].scale.std == pytest.approx(tasks[1].scale.std, rel=1e-9)
    chosen = TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 1e-12}, "epochs": 1})
    goal = dataclasses.replace(WEIGHTED, metric="rmse")
    first, second = (
        learn(each, chosen, "tests.components.user_models.answering", {"units": 1}, goal=goal).result.history
        for each in tasks
    )
    for name in ("loss", "val_loss", "mean_absolute_error", "val_mean_absolute_error", "val_rmse"):
        np.testing.assert_allclose(first[name], second[name], rtol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (
            float("nan"),
            "data.weight: 'w' is empty, not a number or infinite in some rows of the split 'train'; every",
        ),
        (float("inf"), "data.weight: 'w' is empty, not a number or infinite"),
        (-2.0, "data.weight: 'w' is negative in some rows of the split 'train', such as -2"),
    ],
)
def test_unusable_weights_are_refused(load, weight, message):
    given = rows()
    given[7] = (*given[7][:2], weight)
    with pytest.raises(ValueError, match=f"^{message}"):
        load(given)


def test_weights_that_are_all_0_are_refused(load):
    with pytest.raises(ValueError, match="data.weight: 'w' is 0 in every row of the split 'train'"):
        load([(x, y, 0.0) for x, y, _ in rows()])


def test_class_weights_that_leave_nothing_are_refused(load):
    with pytest.raises(ValueError, match="training.class_weight: every class in the training data weighs 0"):
        load([(x, 0, w) for x, _, w in rows()], BINARY, Goal(class_weight=(0.0, 1.0)))


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.0, 100)), min_size=1, max_size=50))
def test_balanced_weights_weigh_classes_alike_and_examples_1_on_average(examples):
    labels, weights = (np.array(part) for part in zip(*examples, strict=True))
    totals = np.bincount(labels, weights, minlength=4)
    if totals.sum() < 1e-3 or ((totals > 0) & (totals < 1e-6)).any():
        return
    found = np.array(balanced(labels, weights, 4))
    balanced_totals = (totals * found)[totals > 0]
    np.testing.assert_allclose(balanced_totals, balanced_totals[0], rtol=1e-9)
    assert (weights * found[labels]).sum() == pytest.approx(weights.sum(), rel=1e-9)


@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.integers(0, 3)), min_size=1, max_size=40),
    st.integers(1, 40),
)
def test_a_summary_with_weights_is_that_of_repeated_labels(pairs, cut):
    labels, times = (np.array(part, np.float32) for part in zip(*pairs, strict=True))
    if not times.any():
        return
    summary = LabelSummary()
    for part in (slice(0, cut), slice(cut, None)):
        if len(labels[part]):
            summary = summary.add(labels[part], times[part])
    repeated = np.repeat(labels.astype(np.float64), times.astype(int))
    assert summary.mean == pytest.approx(repeated.mean(), rel=1e-9, abs=1e-9)
    assert summary.std == pytest.approx(repeated.std(), rel=1e-6, abs=1e-6)
    assert (summary.weight, summary.count) == (len(repeated), len(labels))
