import numpy as np
import pytest
from scipy import stats

from benchmarks.tabular.compare import HEADLINE, PROBABILITY, differences, errors, normalised, verdict


def results(**by_model):
    """Of one table: a number is an accuracy, None a failure."""
    return {
        ("t", seed, model): {"failed": "no model"}
        if value is None
        else {"accuracy": value, "log_loss": 1 - value}
        for model, values in by_model.items()
        for seed, value in enumerate(values)
    }


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([1.0, 1.1, 0.9], [2.0, 2.1, 1.9], 1),
        ([2.0, 2.1, 1.9], [1.0, 1.1, 0.9], -1),
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], 0),
        ([1.0, 2.0, 3.0], [1.1, 1.9, 3.3], 0),
        ([1.0, 1.0], [1.0, 1.0], 0),
        ([1.0, 1.0], [2.0, 2.0], 1),
        ([1.0], [2.0], None),
        ([], [2.0, 3.0], None),
    ],
)
def test_a_win_is_a_difference_beyond_the_noise_between_seeds(ours, theirs, expected):
    assert verdict(differences(dict(enumerate(ours)), dict(enumerate(theirs)))) == expected


@pytest.mark.parametrize("seed", range(20))
def test_the_rule_is_the_paired_t_test_at_five_per_cent(seed):
    rng = np.random.default_rng(seed)
    ours, theirs = rng.normal(size=5), rng.normal(1, size=5)
    significant = stats.ttest_rel(ours, theirs).pvalue < 0.05
    assert bool(verdict(list(theirs - ours))) == significant


def test_only_seeds_that_both_have_are_compared():
    assert differences({2: 9.0, 1: 1.0, 0: 1.0}, {0: 2.0, 1: 0.5, 3: 0.0}) == [1.0, -0.5]


def test_errors_are_less_when_better():
    found = results(a=[0.9, 0.8])
    assert errors(found, "t", "a", HEADLINE) == {0: -0.9, 1: -0.8}
    assert errors(found, "t", "a", PROBABILITY) == pytest.approx({0: 0.1, 1: 0.2})
    assert errors({("t", 0, "a"): {"rmse": 3.0}}, "t", "a", PROBABILITY) == {0: 3.0}


def test_a_failure_counts_as_the_constant_prediction_of_the_same_rows():
    found = results(a=[0.9, None], constant=[0.6, 0.7])
    assert errors(found, "t", "a", HEADLINE) == {0: -0.9, 1: -0.7}


def test_the_score_is_0_for_the_constant_prediction_and_1_for_the_best():
    found = results(a=[0.9, 0.8], b=[0.8, 0.9], worse=[0.5, 0.5], constant=[0.6, 0.6])
    scores = normalised(found, "t", ["a", "b", "worse", "missing"], HEADLINE)
    assert scores == pytest.approx({"a": (1 + 2 / 3) / 2, "b": (2 / 3 + 1) / 2, "worse": 0.0})
