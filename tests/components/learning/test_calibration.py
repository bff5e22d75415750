"""The temperature of a classifier."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from components.learning.calibration import MOST, calibrated, refined_loss, temperature
from components.learning.outputs import Outputs
from components.metrics import find


def sample(rows, classes, seed=0, sharpness=1.0):
    """Labels and probabilities, which are those that the labels are drawn with, raised to a power."""
    random = np.random.default_rng(seed)
    logits = 1.5 * random.normal(size=(rows, classes))
    labels = (softmax(logits, axis=1).cumsum(axis=1) < random.random((rows, 1))).sum(axis=1)
    return np.minimum(labels, classes - 1), softmax(sharpness * logits, axis=1).astype(np.float32)


@settings(max_examples=25)
@given(st.floats(0.25, 4), st.integers(2, 6), st.integers(0, 10_000))
def test_it_finds_by_how_much_logits_were_scaled(sharpness, classes, seed):
    labels, probabilities = sample(4000, classes, seed, sharpness)
    assert temperature(labels, probabilities) == pytest.approx(sharpness, rel=0.15)


@settings(max_examples=25)
@given(st.integers(2, 60), st.integers(2, 4), st.integers(0, 10_000), st.booleans())
def test_it_does_not_depend_on_the_order_and_changes_no_answer(rows, classes, seed, weighted):
    labels, probabilities = sample(rows, classes, seed, 3.0)
    random = np.random.default_rng(seed)
    weights = random.random(rows) + 0.1 if weighted else None
    order = random.permutation(rows)
    found = temperature(labels, probabilities, weights)
    assert found == temperature(labels[order], probabilities[order], weights[order] if weighted else None)
    after = calibrated(probabilities, found)
    assert (after.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    np.testing.assert_allclose(after.sum(axis=1), 1)
    np.testing.assert_allclose(calibrated(after, 1 / found), probabilities, atol=1e-6)
    auc = find("roc_auc")
    if classes == 2 and len(set(labels)) == 2:
        before = auc.score(labels, probabilities.astype(np.float64), weights)
        assert auc.score(labels, after, weights) == pytest.approx(before, abs=1e-9)


def test_weights_count_and_their_unit_does_not():
    labels, probabilities = sample(200, 3, sharpness=2.0)
    weights = np.random.default_rng(1).integers(0, 4, 200).astype(np.float64)
    found = temperature(labels, probabilities, weights)
    counted = weights > 0
    assert found == temperature(labels[counted], probabilities[counted], weights[counted])
    assert found == temperature(labels, probabilities, 8 * weights)
    assert found != temperature(labels, probabilities)


LABELS = np.array([0, 1] * 50)
RIGHT = np.eye(2)[LABELS]


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [
        (np.zeros(100, int), sample(100, 2)[1]),
        (LABELS, np.full((100, 2), 0.5)),
        (LABELS, np.where(RIGHT > 0, np.nan, 0.5)),
        (LABELS[:1], RIGHT[:1]),
    ],
    ids=["one class", "nothing said", "not finite", "one row"],
)
def test_rows_that_do_not_tell_leave_it_at_one(labels, probabilities):
    assert temperature(labels, probabilities) == 1


@pytest.mark.parametrize("sureness", [0.9, 0.999, 1.0])
def test_rows_that_are_all_right_make_a_model_no_surer_than_their_number_allows(sureness):
    probabilities = np.where(RIGHT > 0, sureness, 1 - sureness)
    after = calibrated(probabilities, temperature(LABELS, probabilities)).max()
    assert 0.98 < after < 0.9999


def test_a_model_that_is_always_wrong_says_nothing():
    found = temperature(LABELS, np.where(RIGHT > 0, 0.1, 0.9))
    assert found == MOST
    assert calibrated(np.array([[0.1, 0.9]]), found).max() < 0.51


def test_few_rows_move_it_little():
    labels, probabilities = np.array([0, 1, 0, 1]), np.array([[0.8, 0.2], [0.7, 0.3], [0.9, 0.1], [0.3, 0.7]])
    assert 0.8 < temperature(labels, probabilities) < 1.25


def test_the_refined_loss_is_the_same_however_sure_a_model_is():
    (labels, even), (_, sure) = sample(2000, 3), sample(2000, 3, sharpness=4.0)
    score = find("cross_entropy").score
    assert score(labels, sure) > 1.2 * score(labels, even)
    assert refined_loss(labels, sure) == pytest.approx(refined_loss(labels, even), rel=1e-3)
    assert refined_loss(labels, sure) == pytest.approx(score(labels, even), rel=1e-2)
    assert np.isnan(refined_loss(labels, np.full((2000, 3), np.nan)))


@pytest.mark.parametrize("from_logits", [False, True])
def test_the_served_model_calculates_the_same(from_logits):
    logits = np.array([[0, 1, 2], [-5, 30, 4], [0, -200, 1]], np.float32)
    outputs = Outputs(3, from_logits=from_logits, temperature=1.7)
    probabilities = softmax(logits, axis=1)
    served = np.asarray(outputs.predictions(logits if from_logits else probabilities))
    np.testing.assert_allclose(served, calibrated(probabilities, 1.7), rtol=1e-4)
