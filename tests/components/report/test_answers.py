"""The figures of a classification go by the answers that the model gives."""

import numpy as np
import pytest

from components.evaluator import words
from components.features import LabelFeature
from components.learning.calibration import calibrated
from components.metrics.rows import Rows
from components.report.answers import AnsweredExamples, confidence_bins, confusion
from components.report.classification import reliability_plot
from components.report.quality import quality
from reactive_schedules.pages.content import Plot, Text

LABELS = np.array([0, 0, 0, 1, 1])
POSITIVE = np.array([0.05, 0.1, 0.3, 0.2, 0.9], np.float32)
PROBABILITIES = np.stack([1 - POSITIVE, POSITIVE], axis=1)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(None, [[3, 0], [1, 1]]), (0.5, [[3, 0], [1, 1]]), (0.2, [[2, 1], [0, 2]])],
)
def test_the_confusion_matrix_has_the_answers_at_the_threshold(threshold, expected):
    assert confusion(Rows(LABELS, PROBABILITIES, 1, threshold)).tolist() == expected


def test_a_class_that_the_model_does_not_know_is_not_counted():
    assert confusion(Rows(np.array([-1, 0]), PROBABILITIES[:2], 1)).tolist() == [[1, 0], [0, 0]]


def test_calibration_is_of_the_positive_class_or_of_the_most_probable_one():
    of_positive = confidence_bins(Rows(LABELS, PROBABILITIES, positive=1))
    assert [(each.examples, each.actual) for each in of_positive] == [(1, 0), (1, 0), (1, 1), (1, 0), (1, 1)]
    of_other = confidence_bins(Rows(LABELS, PROBABILITIES, positive=0))
    assert sum(each.examples * each.actual for each in of_other) == 3
    of_largest = confidence_bins(Rows(LABELS, PROBABILITIES))
    assert min(each.predicted for each in of_largest) > 0.5
    assert sum(each.examples * each.actual for each in of_largest) == 4


def test_figures_say_when_the_positive_class_is_answered():
    label = LabelFeature("fraud", "classification", ("no", "yes"), 1)
    found = {
        "metric": "recall", "candidate": {"recall": 1.0}, "baseline": None, "baseline_version": None,
        "constant": 1.0, "examples": 5, "slices": [], "positive": "yes", "decision_threshold": 0.2,
    }  # fmt: skip
    section = quality(found, label, AnsweredExamples(LABELS, PROBABILITIES, True, b""))
    matrix, calibration = [block for block in section.blocks if isinstance(block, Plot)]
    assert matrix.alt == (
        "4 of 5 predictions are correct (the blue diagonal). Most often, no is mistaken for yes: 1 time. "
        "'yes' is answered where its probability is at least 0.2."
    )
    assert calibration.data.columns[1] == "share of fraud yes"
    weighted = quality({**found, "weight": "w"}, label, AnsweredExamples(LABELS, PROBABILITIES, True, b""))
    (said,) = [block for block in weighted.blocks if block not in section.blocks and isinstance(block, Text)]
    assert said.text == "Each row weighs its w so far; the following figures count every row once."


@pytest.mark.parametrize("positive", [None, 1])
def test_the_calibration_is_shown_with_and_without_the_temperature(positive):
    label = LabelFeature("fraud", "classification", ("no", "yes"), positive)
    probabilities = PROBABILITIES + np.array([[-0.03, 0.03]])  # between the bins
    plain = reliability_plot(Rows(LABELS, probabilities, positive), label)
    plot = reliability_plot(Rows(LABELS, calibrated(probabilities, 2.0), positive), label, 2.0)
    before, after, expected = plot.figure.data[-2], plot.figure.data[-1], plain.figure.data[-1]
    np.testing.assert_allclose([before.x, before.y], [expected.x, expected.y], rtol=1e-5)
    assert max(after.x) < max(before.x)
    assert "The temperature is 2; without it, the error is 0." in plot.alt
    assert "the temperature is 1." in plain.alt


@pytest.mark.parametrize(
    "found", [{}, {"decision_threshold": None}, {"decision_threshold": 0.5, "positive": 1}]
)
def test_the_more_probable_class_goes_without_saying(found):
    assert words.threshold(found) == ""
