"""Intervals of a regression from its residuals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from components.errors import UserError
from components.learning.residuals import KEPT, residuals_of

LEVELS = (0.5, 0.8, 0.9, 0.95)


def taken(errors, weights=None):
    found = residuals_of(np.asarray(errors, np.float64), np.zeros(len(errors)), weights)
    assert found
    return found


@settings(max_examples=100)
@given(st.integers(1, KEPT), st.integers(1, 999), st.integers(0, 10_000))
def test_the_width_is_the_residual_of_the_right_rank(rows, thousandths, seed):
    errors = np.random.default_rng(seed).standard_t(2, rows)
    rank = -(-(rows + 1) * thousandths // 1000)
    if rank <= rows:
        assert taken(errors).half_width(thousandths / 1000) == np.sort(np.abs(errors))[rank - 1]
    else:
        with pytest.raises(UserError, match=f"this model had {rows:,}; ask for at most"):
            taken(errors).half_width(thousandths / 1000)


@pytest.mark.parametrize("level", [0.123, 0.5, 0.9, 0.999, 0.9999, 0.99993])
def test_of_many_rows_the_width_is_hardly_larger(level):
    rows = 50_000
    errors = np.abs(np.random.default_rng(0).standard_t(2, rows))
    found = taken(errors)
    width = found.half_width(level)
    assert width >= np.sort(errors)[math.ceil((rows + 1) * level) - 1]
    assert np.mean(errors <= width) <= level + min(1e-3, 0.12 * (1 - level)) + 2 / rows
    assert len(found.levels) == len(found.widths) < 1200


@pytest.mark.parametrize("rows", [19, 99, 1500])
@pytest.mark.parametrize("level", LEVELS)
def test_a_new_row_is_covered_as_often_as_asked_for(rows, level):
    """Over calibration sets and new rows, exactly ceil((rows + 1) · level) / (rows + 1) of them; nearly, on the grid."""
    random, trials = np.random.default_rng(rows), 2000 if rows < KEPT else 500
    errors = random.standard_t(3, (trials, rows)) * random.uniform(0.5, 2, (trials, rows))
    new = np.abs(random.standard_t(3, trials) * random.uniform(0.5, 2, trials))
    covered = sum(error <= taken(some).half_width(level) for some, error in zip(errors, new, strict=True))
    share = math.ceil((rows + 1) * level - 1e-9) / (rows + 1)
    assert binom.ppf(1e-4, trials, share) <= covered <= binom.ppf(1 - 1e-4, trials, min(1, share + 1e-3))


def test_order_does_not_matter_and_rows_count_by_weight():
    random = np.random.default_rng(0)
    errors, weights = random.normal(size=300), random.integers(0, 3, 300).astype(np.float32)
    found, order = taken(errors, weights), random.permutation(300)
    assert taken(errors[order], weights[order]) == found
    assert taken(errors, 4 * weights) == found
    within = np.abs(errors) <= found.half_width(0.9)
    assert 0.9 <= np.average(within, weights=weights) < 0.92
    few = taken([1.0, 2.0, 3.0], np.array([1.0, 1.0, 0.0]))
    assert few.rows == 2
    assert few.half_width(0.6) == 2
    with pytest.raises(UserError, match="0.9 needs at least 9 rows in the eval split, but this model had 2"):
        few.half_width(0.9)


def test_predictions_that_are_not_finite_have_no_residuals():
    assert residuals_of(np.zeros(2), np.array([1, np.nan])) is None


@pytest.mark.parametrize("level", [0, 1, 90, -0.1, float("nan")])
def test_a_level_is_between_0_and_1(level):
    with pytest.raises(UserError, match=r"^interval: must be between 0 and 1, such as 0\.9; got "):
        taken([1.0, 2.0]).half_width(level)
