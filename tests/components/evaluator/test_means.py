"""Metrics in columns."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.evaluator.means import METRICS

LABELS = np.array([0, 1, 2, 1])
SURE = np.eye(3, dtype=np.float32)[[0, 1, 1, 1]]


def metric(name, labels, answers):
    return METRICS[name](METRICS[name].of_rows(labels, answers))


def test_closed_forms():
    assert metric("SparseCategoricalAccuracy", LABELS, SURE) == 0.75
    even = np.full((4, 3), 1 / 3, np.float32)
    assert metric("SparseCategoricalCrossentropy", LABELS, even) == pytest.approx(math.log(3))
    numbers = np.array([1.0, 2.0, 4.0, 1.0], np.float32)
    assert metric("MeanAbsoluteError", LABELS, numbers) == 1.0
    assert metric("RootMeanSquaredError", LABELS, numbers) == math.sqrt(6 / 4)


def test_a_certain_error_costs_what_keras_says():
    import keras

    expected = keras.metrics.SparseCategoricalCrossentropy()(LABELS, SURE)
    assert metric("SparseCategoricalCrossentropy", LABELS, SURE) == pytest.approx(float(expected), rel=1e-6)


def test_predictions_that_are_not_numbers_are_not_hidden():
    numbers = np.array([1.0, np.nan, 4.0, 1.0], np.float32)
    assert math.isnan(metric("RootMeanSquaredError", LABELS, numbers))
    assert math.isnan(metric("SparseCategoricalCrossentropy", LABELS, SURE * np.float32("nan")))


@settings(max_examples=25)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=50), st.randoms(use_true_random=False))
def test_the_order_of_examples_does_not_matter(values, random):
    numbers = np.array(values, np.float32)
    order = random.sample(range(len(values)), len(values))
    labels = np.arange(len(values))
    for name in ("RootMeanSquaredError", "MeanAbsoluteError"):
        assert metric(name, labels, numbers) == metric(name, labels[order], numbers[order])
