"""Quantiles from histograms: numpy's where bins suffice, close beyond, and the same in any order and grouping."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from components.transform.analyzers.histogram import Histogram

VALUES = arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats())
QUARTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


def same(one: Histogram, other: Histogram) -> bool:
    return one.shift == other.shift and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("keys", "counts", "lows", "highs")
    )


@given(
    arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e300, 1e300) | st.integers(-2, 2)),
    st.sampled_from(["linear", "inverted_cdf"]),
)
def test_quantiles_are_numpys(values, method):
    found = Histogram.merged([Histogram.of(values)], 100).quantiles(QUARTILES, method)
    np.testing.assert_allclose(found, np.quantile(values, QUARTILES, method=method), rtol=1e-12)


@given(
    VALUES, st.randoms(use_true_random=False), st.lists(st.integers(0, 60), max_size=4), st.integers(2, 20)
)
def test_order_and_grouping_do_not_matter(values, random, cuts, limit):
    shuffled = values.tolist()
    random.shuffle(shuffled)
    whole = Histogram.merged([Histogram.of(values)], limit)
    parts = [Histogram.of(part) for part in np.split(np.array(shuffled), sorted(cuts))]
    grown = parts[0]
    for part in parts[1:]:
        grown = Histogram.merged([part, grown], limit)
    assert same(Histogram.merged(parts, limit), whole)
    assert same(Histogram.merged([grown], limit), whole)
    assert len(whole.keys) <= limit


def test_bins_lie_where_the_values_lie():
    values = 1.7e9 + np.random.default_rng(0).normal(size=100_000)
    found = Histogram.merged([Histogram.of(values)], 1000).quantiles(QUARTILES)
    np.testing.assert_allclose(found - 1.7e9, np.quantile(values, QUARTILES) - 1.7e9, atol=2e-3)


def test_without_values_quantiles_are_0():
    assert Histogram.of(np.array([np.nan, np.inf])).quantiles([0.5]).tolist() == [0.0]
