"""What of a model's card decides its answers."""

import numpy as np
import pytest

from components.evaluator.scoring import Answering
from components.metrics.rows import Rows

POSITIVE = np.array([0.05, 0.3, 0.31, 0.5, 0.9], np.float32)
PROBABILITIES = np.stack([1 - POSITIVE, POSITIVE], axis=1)


@pytest.mark.parametrize("threshold", [0.06, 0.3, 0.5, 0.7])
def test_a_model_answers_the_same_when_the_positive_class_has_changed(threshold):
    card = Answering(("no", "yes"), "yes", threshold)
    labels = np.zeros(5, np.int64)
    before = Rows(labels, PROBABILITIES, 1, card.threshold_of("yes")).answers
    assert (before == (np.float32(threshold) <= POSITIVE)).all()
    assert (Rows(labels, PROBABILITIES, 0, card.threshold_of("no")).answers == before).all()


def test_a_card_without_a_threshold_answers_with_the_more_probable_class():
    assert Answering(("no", "yes")).threshold_of("yes") is None
    assert Answering().threshold_of(None) is None
