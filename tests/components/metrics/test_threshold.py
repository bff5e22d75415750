"""The threshold of a binary label."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.metrics import best_threshold, find

SOUGHT = ["accuracy", "balanced_accuracy", "f1", "macro_f1", "mcc"]


def rows_of(positives, labels):
    positives = np.array(positives, np.float32)
    return np.array(labels), np.stack([1 - positives, positives], axis=1)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(SOUGHT), st.integers(2, 40), st.integers(0, 10_000), st.booleans(), st.integers(0, 1))
def test_no_other_threshold_is_better(name, rows, seed, weighted, positive):
    random = np.random.default_rng(seed)
    labels, probabilities = rows_of(np.round(random.random(rows), 2), random.integers(0, 2, rows))
    weights = random.random(rows) + 0.1 if weighted else None
    metric = find(name)
    threshold = best_threshold(metric, labels, probabilities, weights, positive)
    found = metric.score(labels, probabilities, weights, positive, threshold)
    inner = np.unique(probabilities[:, positive])[1:]
    others = [metric.score(labels, probabilities, weights, positive, other) for other in inner]
    if others:
        assert found == pytest.approx(max(others), rel=1e-12)
        assert len(np.unique(probabilities[:, positive] >= np.float32(threshold))) == 2
    else:
        assert threshold == 0.5


def test_it_lies_midway_between_two_probabilities():
    labels, probabilities = rows_of([0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1])
    assert best_threshold(find("f1"), labels, probabilities) == pytest.approx(0.25)


def test_of_equal_ones_the_next_to_a_half_is_taken():
    labels, probabilities = rows_of([0.1, 0.4, 0.6, 0.9], [0, 1, 0, 1])
    assert best_threshold(find("accuracy"), labels, probabilities) in (0.25, 0.75)
    labels, probabilities = rows_of([0.05, 0.4, 0.6, 0.9], [0, 1, 0, 1])
    assert best_threshold(find("accuracy"), labels, probabilities) == pytest.approx(0.75)


@pytest.mark.parametrize("name", ["precision", "recall"])
def test_precision_and_recall_get_the_one_of_f1(name):
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 100)
    _, probabilities = rows_of(np.clip(0.4 * labels + 0.6 * random.random(100), 0, 1), labels)
    expected = best_threshold(find("f1"), labels, probabilities)
    assert best_threshold(find(name), labels, probabilities) == expected


@pytest.mark.parametrize("name", ["roc_auc", "pr_auc", "cross_entropy", "brier"])
def test_metrics_of_probabilities_leave_it_at_a_half(name):
    labels, probabilities = rows_of([0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1])
    assert best_threshold(find(name), labels, probabilities) == 0.5


def test_neighbouring_float32_numbers_are_told_apart():
    low = np.float32(0.3)
    high = np.nextafter(low, np.float32(1))
    labels, probabilities = rows_of([low, high], [0, 1])
    threshold = best_threshold(find("accuracy"), labels, probabilities)
    assert low < np.float32(threshold) <= high
