"""A model of several labels per row: its verdict, its intervals and its comparison with another one."""

import numpy as np
import pytest

from components.evaluator import words
from components.evaluator.constant import best_constant
from components.features import LabelFeature
from components.metrics import find, names
from tests.components.evaluator.test_measuring import judged, scores
from tests.components.metrics.test_multilabel import rows

LABEL = LabelFeature("genres", "multilabel", ("action", "drama", "horror", "western"), separator="|")
METRICS = names("multilabel")


def worse(probabilities: np.ndarray, by: float = 1.5) -> np.ndarray:
    noise = by * np.random.default_rng(9).normal(size=probabilities.shape)
    return (1 / (1 + (1 / probabilities - 1) * np.exp(-noise))).astype(np.float32)


@pytest.mark.parametrize("metric", METRICS)
def test_a_better_model_is_blessed_over_a_worse_one_and_not_the_other_way_round(metric):
    truth, good = rows(600, strength=3.0)
    found = judged(scores(truth, good, worse(good)), label=LABEL, metric=metric)
    assert found["blessed"], found["reasons"]
    for name in METRICS:
        low, high = found["intervals"][name]
        assert low < found["candidate"][name] < high
        assert found["differences"][name]["bound"] > 0
    assert not judged(scores(truth, worse(good), good), label=LABEL, metric=metric)["blessed"]


@pytest.mark.parametrize("metric", ["subset_accuracy", "macro_f1"])
def test_a_model_is_not_better_than_itself(metric):
    truth, good = rows(200, strength=3.0)
    found = judged(scores(truth, good, good.copy()), label=LABEL, metric=metric)
    assert not found["blessed"]
    assert found["differences"][metric]["value"] == 0


@pytest.mark.parametrize(
    ("threshold", "said"), [(0.95, "no label"), (0.001, "'action', 'drama', 'horror', 'western'")]
)
def test_one_answer_for_all_rows_is_never_blessed(threshold, said):
    truth, good = rows(300)
    good = np.clip(good, 0.01, 0.9)
    test = scores(truth, good)
    found = judged(test, label=LABEL, metric="pr_auc", thresholds={"candidate": threshold})
    assert not found["blessed"]
    assert found["reasons"] == [f"the model answers {said} for all 300 rows of the test split"]


def test_the_threshold_is_said():
    truth, good = rows(300)
    found = judged(scores(truth, good), label=LABEL, metric="macro_f1", thresholds={"candidate": 0.25})
    assert words.threshold(found) == "a label is answered where its probability is at least 0.25"


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (
            lambda truth: truth * [1, 1, 0, 1],
            "The test split has no row with the label 'horror'; give test a larger",
        ),
        (lambda truth: 0 * truth + [1, 1, 0, 0], "All rows of the test split have the same labels"),
    ],
)
def test_what_the_test_split_cannot_show_is_said(change, note):
    truth, good = rows(300)
    found = judged(scores(change(truth).astype(np.float32), good), label=LABEL, metric="macro_f1")
    assert any(each.startswith(note) for each in found["notes"])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("metric", METRICS)
def test_no_set_of_labels_is_a_better_constant(metric, weighted):
    truth, _ = rows(120)
    weights = np.random.default_rng(3).random(len(truth)) if weighted else None
    best, metric = best_constant(find(metric), truth, weights, 4), find(metric)
    sign = 1 if metric.larger_is_better else -1
    for code in range(16):
        answer = np.tile(np.array([code >> place & 1 for place in range(4)], np.float32), (len(truth), 1))
        assert sign * best >= sign * metric.score(truth, answer, weights) - 1e-9
    shares = np.average(truth, axis=0, weights=weights)
    assert sign * best >= sign * metric.score(truth, np.tile(shares, (len(truth), 1)), weights) - 1e-9


def test_a_metric_of_the_user_gets_zeros_and_ones():
    truth, good = rows(60, strength=3.0)
    name = f"{__name__}.mean_overlap"
    assert judged(scores(truth, good), label=LABEL, metric=name)["blessed"]


def mean_overlap(labels, predictions, weights):
    answers = predictions >= 0.5
    both = (answers & (labels == 1)).sum(axis=1)
    return float((both / np.maximum(1, (answers | (labels == 1)).sum(axis=1))).mean())
