"""The score that a model must beat when the configuration sets no threshold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.evaluator.constant import best_constant
from components.metrics import find

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("accuracy", 0.75),
        ("balanced_accuracy", 0.5),
        ("macro_f1", 0.75 / 1.75),  # of all rows as the common class: F1 is 2 × 0.75 / 1.75 and 0
        ("f1", 0.4),  # all rows as the positive class: precision 0.25, recall 1
        ("precision", 0.25),
        ("recall", 1.0),
        ("roc_auc", 0.5),
        ("pr_auc", 0.25),
        ("brier", 0.25 * 0.75),
        ("mcc", 0.0),
        ("cross_entropy", -0.75 * np.log(0.75) - 0.25 * np.log(0.25)),
    ],
)
def test_best_constant_for_classes(metric, expected):
    labels = np.array([0, 0, 0, 1])
    assert best_constant(find(metric), labels, classes=2, positive=1) == pytest.approx(expected)
    assert best_constant(find(metric), np.array([0, 1]), np.array([3.0, 1.0]), 2, 1) == pytest.approx(
        expected
    )


@settings(max_examples=25, deadline=None)
@given(NUMBERS, st.booleans(), st.sampled_from(["rmse", "mae", "quantile_loss:0.9", "r2"]))
def test_no_constant_beats_the_best_constant(values, weighted, name):
    values, metric = np.array(values), find(name)
    weights = np.linspace(0.1, 2, len(values)) if weighted else None
    best = best_constant(metric, values, weights)
    for constant in np.linspace(values.min(), values.max(), 7):
        found = metric.score(values, np.full(len(values), constant), weights)
        better = found > best if metric.larger_is_better else found < best
        assert not better or found == pytest.approx(best, rel=1e-6, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.1, 100), min_size=2, max_size=30))
def test_the_best_constant_for_mape_is_a_weighted_median(values):
    values = np.array(values)
    best = best_constant(find("mape"), values)
    for constant in values:
        assert best <= find("mape").score(values, np.full(len(values), constant)) * (1 + 1e-9)


def mean_error(labels, predictions, weights):
    predicted = predictions if predictions.ndim == 1 else predictions.argmax(axis=1)
    return float(np.abs(labels - predicted).mean())


mean_error.larger_is_better = False


def test_a_function_of_the_user_gets_rows():
    metric = find(f"{__name__}.mean_error")
    assert best_constant(metric, np.array([0, 0, 1]), classes=2) == pytest.approx(1 / 3)
    assert best_constant(metric, np.array([1.0, 2.0, 9.0])) == pytest.approx(8 / 3)
