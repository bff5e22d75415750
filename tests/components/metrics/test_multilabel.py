"""Several labels per row: the scores of scikit-learn, and the threshold that none is better than."""

import numpy as np
import pytest
from sklearn import metrics as theirs

from components.metrics import best_threshold, find, names
from tests.components.metrics.test_scores import weights

LABELS = names("multilabel")


def rows(
    count: int = 200, labels: int = 4, seed: int = 0, strength: float = 1.5
) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = (random.random((count, labels)) < np.linspace(0.1, 0.6, labels)).astype(np.float32)
    logits = random.normal(size=truth.shape) + strength * (truth - 0.5) - 0.5
    return truth, (1 / (1 + np.exp(-logits))).astype(np.float32)


def cross_entropy(truth, probabilities, weight) -> float:
    bounded = np.clip(probabilities.astype(float), 1e-7, 1 - 1e-7)
    each = -np.where(truth == 1, np.log(bounded), np.log(1 - bounded))
    return np.average(each.mean(axis=1), weights=weight)


THEIRS = {
    "macro_f1": lambda y, p, w: theirs.f1_score(y, p >= 0.5, sample_weight=w, average="macro"),
    "micro_f1": lambda y, p, w: theirs.f1_score(y, p >= 0.5, sample_weight=w, average="micro"),
    "subset_accuracy": lambda y, p, w: theirs.accuracy_score(y, p >= 0.5, sample_weight=w),
    "hamming_loss": lambda y, p, w: theirs.hamming_loss(y, p >= 0.5, sample_weight=w),
    "roc_auc": lambda y, p, w: theirs.roc_auc_score(y, p, sample_weight=w, average="macro"),
    "pr_auc": lambda y, p, w: theirs.average_precision_score(y, p, sample_weight=w, average="macro"),
    "cross_entropy": cross_entropy,
    "brier": lambda y, p, w: np.average(((p.astype(float) - y) ** 2).mean(axis=1), weights=w),
}


def test_these_are_all_metrics_of_several_labels():
    assert {*LABELS} == {*THEIRS}


@pytest.mark.parametrize("labels", [2, 5])
@pytest.mark.parametrize("kind", ["none", "any", "some zero"])
@pytest.mark.parametrize("name", LABELS)
def test_the_scores_are_those_of_scikit_learn(name, kind, labels):
    truth, probabilities = rows(labels=labels)
    weight = weights(len(truth), kind)
    expected = THEIRS[name](truth, probabilities, weight)
    assert find(name).score(truth, probabilities, weight) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", LABELS)
def test_two_labels_are_not_taken_for_two_classes(name):
    """A row may have both or none, and `positive` means nothing."""
    truth, probabilities = (
        np.array([[1, 1], [0, 0], [1, 0]], np.float32),
        np.array([[0.9, 0.8], [0.1, 0.2], [0.7, 0.4]]),
    )
    metric = find(name)
    score = metric.score(truth, probabilities.astype(np.float32), positive=0)
    perfect = {"hamming_loss": 0.0, "brier": None, "cross_entropy": None}.get(name, 1.0)
    assert score == perfect or (perfect is None and 0 < score < 0.3)


def test_labels_that_nobody_has_do_not_count():
    truth, probabilities = rows()
    none = np.zeros((len(truth), 1), np.float32)
    more, scores = np.hstack([truth, none]), np.hstack([probabilities, none])
    for name in ("macro_f1", "micro_f1", "roc_auc", "pr_auc", "subset_accuracy"):
        assert find(name).score(more, scores) == pytest.approx(find(name).score(truth, probabilities))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["macro_f1", "micro_f1"])
def test_no_threshold_is_better(name, weighted):
    truth, probabilities = rows(60)
    weight = weights(len(truth), "any") if weighted else None
    metric = find(name)
    found = best_threshold(metric, truth, probabilities, weight)
    best = metric.score(truth, probabilities, weight, threshold=found)
    assert best == max(
        metric.score(truth, probabilities, weight, threshold=float(each)) for each in np.unique(probabilities)
    )
    assert best > metric.score(truth, probabilities, weight)


def test_the_threshold_does_not_depend_on_the_order_of_the_rows():
    truth, probabilities = rows(3000)
    order = np.random.default_rng(1).permutation(len(truth))
    metric = find("macro_f1")
    found = best_threshold(metric, truth, probabilities)
    assert best_threshold(metric, truth[order], probabilities[order]) == found
    tried = np.linspace(0.01, 0.99, 99)
    best = max(metric.score(truth, probabilities, threshold=each) for each in tried)
    assert metric.score(truth, probabilities, threshold=found) > best - 1e-3


@pytest.mark.parametrize("name", ["subset_accuracy", "hamming_loss", "pr_auc", "cross_entropy"])
def test_other_metrics_have_no_best_threshold(name):
    assert best_threshold(find(name), *rows()) == 0.5
