import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from benchmarks.tabular.scores import BINS, FLOOR, Prediction, calibration_error, of


def test_scores_of_probabilities_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.ones(3), 200)
    labels = rng.choice(["a", "b", "c"], 200)
    found = of(Prediction(chances, np.array(["a", "b", "c"])), labels)
    assert found["accuracy"] == accuracy_score(labels, np.array(list("abc"))[chances.argmax(1)])
    assert found["log_loss"] == pytest.approx(log_loss(labels, chances))
    assert found["auc"] == pytest.approx(roc_auc_score(labels, chances, multi_class="ovr"))


def test_the_order_of_the_classes_does_not_matter():
    labels = np.array(["1", "0", "1", "1"])
    chances = np.array([[0.2, 0.8], [0.7, 0.3], [0.6, 0.4], [0.1, 0.9]])
    ahead = of(Prediction(chances, np.array(["0", "1"])), labels)
    assert of(Prediction(chances[:, ::-1], np.array(["1", "0"])), labels) == ahead


def test_a_class_that_the_model_does_not_know_costs_the_floor_and_has_no_auc():
    found = of(Prediction(np.array([[0.5, 0.5], [0.5, 0.5]]), np.array(["a", "b"])), ["a", "new"])
    assert found["log_loss"] == pytest.approx((math.log(2) - math.log(FLOOR)) / 2)
    assert found["accuracy"] == 0.5
    assert found["auc"] == 0.5


def test_numbers_have_the_root_of_the_mean_squared_error():
    assert of(Prediction(np.array([1.0, 2.0])), ["1", "4"]) == {"rmse": pytest.approx(math.sqrt(2))}


@pytest.mark.parametrize(
    ("confidence", "right", "error"),
    [
        ([0.8] * 10, [True] * 8 + [False] * 2, 0.0),
        ([1.0] * 4, [True] * 3 + [False], 0.25),
        ([0.95, 0.55], [True, False], (0.05 + 0.55) / 2),  # in two bins
        ([0.94, 0.96], [True, False], abs(1.9 - 1) / 2),  # in one
    ],
)
def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy_in_each_bin(
    confidence, right, error
):
    assert calibration_error(np.array(confidence), np.array(right), BINS) == pytest.approx(error)
