"""The scores: those of scikit-learn, at the edges too, and properties that it shares with no sum of floats."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

from components.metrics import find, names

LEAST = 1e-7


def binary(rows: int, seed: int = 0, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = (random.random(rows) < 0.3).astype(np.int64)
    positive = np.clip(0.3 * labels + random.random(rows) * 0.7, 0, 1).astype(np.float32)
    if ties:
        positive = np.round(positive, 1)
    return labels, np.stack([1 - positive, positive], axis=1)


def several(rows: int, classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.integers(classes, size=rows)
    logits = random.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[labels]
    return labels, (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)


def clipped(probabilities: np.ndarray) -> np.ndarray:
    bounded = np.clip(probabilities, LEAST, 1 - LEAST).astype(np.float64)
    return bounded / bounded.sum(axis=1, keepdims=True)


def macro(score, labels, probabilities, weight) -> float:
    """The mean over the classes of each against the rest."""
    places = range(probabilities.shape[1])
    each = [score(labels == place, probabilities[:, place], sample_weight=weight) for place in places]
    return sum(each) / len(each)


BINARY = {
    "accuracy": lambda y, p, w: theirs.accuracy_score(y, p[:, 1] > 0.5, sample_weight=w),
    "balanced_accuracy": lambda y, p, w: theirs.balanced_accuracy_score(y, p[:, 1] > 0.5, sample_weight=w),
    "f1": lambda y, p, w: theirs.f1_score(y, p[:, 1] > 0.5, sample_weight=w),
    "macro_f1": lambda y, p, w: theirs.f1_score(y, p[:, 1] > 0.5, sample_weight=w, average="macro"),
    "precision": lambda y, p, w: theirs.precision_score(y, p[:, 1] > 0.5, sample_weight=w),
    "recall": lambda y, p, w: theirs.recall_score(y, p[:, 1] > 0.5, sample_weight=w),
    "roc_auc": lambda y, p, w: theirs.roc_auc_score(y, p[:, 1], sample_weight=w),
    "pr_auc": lambda y, p, w: theirs.average_precision_score(y, p[:, 1], sample_weight=w),
    "cross_entropy": lambda y, p, w: theirs.log_loss(y, clipped(p), sample_weight=w),
    "brier": lambda y, p, w: theirs.brier_score_loss(y, p[:, 1], sample_weight=w),
    "mcc": lambda y, p, w: theirs.matthews_corrcoef(y, p[:, 1] > 0.5, sample_weight=w),
}
SEVERAL = {
    "accuracy": lambda y, p, w: theirs.accuracy_score(y, p.argmax(1), sample_weight=w),
    "balanced_accuracy": lambda y, p, w: theirs.balanced_accuracy_score(y, p.argmax(1), sample_weight=w),
    "macro_f1": lambda y, p, w: theirs.f1_score(y, p.argmax(1), sample_weight=w, average="macro"),
    "roc_auc": lambda *rows: macro(theirs.roc_auc_score, *rows),
    "pr_auc": lambda *rows: macro(theirs.average_precision_score, *rows),
    "cross_entropy": lambda y, p, w: theirs.log_loss(y, clipped(p), sample_weight=w),
    "brier": lambda y, p, w: np.average(
        ((p.astype(float) - np.eye(p.shape[1])[y]) ** 2).sum(axis=1), weights=w
    ),
    "mcc": lambda y, p, w: theirs.matthews_corrcoef(y, p.argmax(1), sample_weight=w),
}
NUMBERS = {
    "rmse": lambda y, p, w: theirs.root_mean_squared_error(y, p, sample_weight=w),
    "mae": lambda y, p, w: theirs.mean_absolute_error(y, p, sample_weight=w),
    "r2": lambda y, p, w: theirs.r2_score(y, p, sample_weight=w),
    "mape": lambda y, p, w: theirs.mean_absolute_percentage_error(y, p, sample_weight=w),
    "quantile_loss": lambda y, p, w: theirs.mean_pinball_loss(y, p, sample_weight=w, alpha=0.5),
    "quantile_loss:0.9": lambda y, p, w: theirs.mean_pinball_loss(y, p, sample_weight=w, alpha=0.9),
}


def weights(rows: int, kind: str) -> np.ndarray | None:
    random = np.random.default_rng(5)
    return {"none": None, "any": random.random(rows) * 3, "some zero": random.integers(0, 3, rows) * 1.0}[
        kind
    ]


@pytest.mark.parametrize("kind", ["none", "any", "some zero"])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", BINARY)
def test_two_classes(name, ties, kind):
    labels, probabilities = binary(301, ties=ties)
    weight = weights(301, kind)
    expected = BINARY[name](labels, probabilities, weight)
    assert find(name).score(labels, probabilities, weight) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("kind", ["none", "any", "some zero"])
@pytest.mark.parametrize("name", SEVERAL)
def test_several_classes(name, kind):
    labels, probabilities = several(301)
    weight = weights(301, kind)
    expected = SEVERAL[name](labels, probabilities, weight)
    assert find(name).score(labels, probabilities, weight) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("kind", ["none", "any", "some zero"])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name, kind):
    random = np.random.default_rng(0)
    labels = random.normal(loc=3, size=301).astype(np.float32)
    predictions = (labels + random.normal(size=301)).astype(np.float32)
    weight = weights(301, kind)
    expected = NUMBERS[name](labels.astype(float), predictions.astype(float), weight)
    assert find(name).score(labels, predictions[:, None], weight) == pytest.approx(expected, rel=1e-9)


def test_every_metric_is_compared():
    assert {*BINARY, *SEVERAL} == set(names("classification"))
    assert set(NUMBERS) >= set(names("regression"))
    assert set(SEVERAL) == set(names("classification", 4))
    assert set(BINARY) == set(names("classification", 2))


@pytest.mark.parametrize("name", ["f1", "precision", "recall", "brier", "roc_auc", "pr_auc"])
def test_the_positive_class_may_be_the_first(name):
    labels, probabilities = binary(200)
    swapped = find(name).score(1 - labels, probabilities[:, ::-1], positive=0)
    assert swapped == pytest.approx(find(name).score(labels, probabilities), rel=1e-12)


def test_the_threshold_decides_the_answers():
    labels, probabilities = binary(200)
    for threshold in (0.2, 0.7):
        expected = theirs.recall_score(labels, probabilities[:, 1] >= threshold)
        assert find("recall").score(labels, probabilities, threshold=threshold) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "labels", "positives", "expected"),
    [
        ("balanced_accuracy", [1, 1, 1, 1], [0.9, 0.9, 0.1, 0.9], 0.75),  # a class that does not occur
        ("f1", [0, 0], [0.1, 0.2], 0.0),  # neither occurs nor is answered
        ("precision", [0, 1], [0.1, 0.2], 0.0),
        ("recall", [0, 0], [0.1, 0.9], 0.0),
        ("macro_f1", [0, 0], [0.1, 0.2], 1.0),
        ("mcc", [0, 1, 1], [0.9, 0.9, 0.9], 0.0),
        ("mcc", [1, 1], [0.9, 0.9], 0.0),
        ("roc_auc", [1, 1], [0.9, 0.8], float("nan")),
        ("pr_auc", [0, 0], [0.9, 0.8], float("nan")),
        ("cross_entropy", [1], [0.0], -np.log(LEAST)),
        ("accuracy", [], [], float("nan")),
        ("accuracy", [0, 1], [0.9, float("nan")], float("nan")),
        ("roc_auc", [0, 1], [0.9, float("nan")], float("nan")),
    ],
)
def test_edges_of_two_classes(name, labels, positives, expected):
    positives = np.array(positives, np.float32)
    probabilities = np.stack([1 - positives, positives], axis=1)
    found = find(name).score(np.array(labels, np.int64), probabilities)
    assert found == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_a_class_that_does_not_occur_is_left_out_of_macro_averages():
    labels, probabilities = several(300)
    for name in ("roc_auc", "pr_auc"):
        without = labels != 3
        expected = np.mean(
            [
                find(name).score(
                    (labels[without] == c) * 1,
                    np.stack([1 - probabilities[without, c], probabilities[without, c]], 1),
                )
                for c in range(3)
            ]
        )
        assert find(name).score(labels[without], probabilities[without]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "labels", "predictions", "expected"),
    [
        ("r2", [2.0, 2.0], [2.0, 2.0], 1.0),
        ("r2", [2.0, 2.0], [2.0, 3.0], 0.0),
        ("r2", [2.0], [2.0], float("nan")),
        ("mape", [0.0, 2.0], [1.0, 2.0], float("nan")),
        ("mape", [-2.0, 2.0], [-1.0, 2.0], 0.25),
        ("rmse", [1.0, 2.0], [float("inf"), 2.0], float("nan")),
    ],
)
def test_edges_of_numbers(name, labels, predictions, expected):
    found = find(name).score(np.array(labels), np.array(predictions))
    assert found == pytest.approx(expected, nan_ok=True)


CASES = [(name, 2) for name in BINARY] + [(name, 4) for name in SEVERAL] + [(name, 0) for name in NUMBERS]


def rows_of(classes: int, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    if classes == 2:
        return binary(rows, seed, ties=seed % 2 == 0)
    if classes:
        return several(rows, classes, seed)
    random = np.random.default_rng(seed)
    return 1 + random.random(rows), random.normal(size=rows)


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_rows_that_do_not_count_have_no_score(name, classes):
    labels, predictions = rows_of(classes, 20, 0)
    assert np.isnan(find(name).score(labels, predictions, np.zeros(20)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CASES), st.integers(1, 60), st.integers(0, 1000), st.booleans())
def test_the_order_of_rows_does_not_matter(case, rows, seed, weighted):
    (name, classes), random = case, np.random.default_rng(seed)
    labels, predictions = rows_of(classes, rows, seed)
    weight = random.random(rows) if weighted else None
    order = random.permutation(rows)
    found = find(name).score(labels, predictions, weight)
    other = find(name).score(labels[order], predictions[order], None if weight is None else weight[order])
    assert found == other or (np.isnan(found) and np.isnan(other))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CASES), st.integers(2, 60), st.integers(0, 1000))
def test_a_weight_of_two_is_the_row_twice(case, rows, seed):
    (name, classes), random = case, np.random.default_rng(seed)
    labels, predictions = rows_of(classes, rows, seed)
    times = random.integers(1, 4, rows)
    found = find(name).score(labels, predictions, times * 1.0)
    again = find(name).score(np.repeat(labels, times), np.repeat(predictions, times, axis=0))
    assert found == pytest.approx(again, rel=1e-9, abs=1e-12, nan_ok=True)
