"""Histograms of equal width, against TFDV's."""

import tfx  # noqa: F401, I001 (TFDV needs it)
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_data_validation.utils import quantiles_util

from components.statistics_gen.equal_width import equal_width


@st.composite
def quantiles(draw):
    """Quantiles, often equal ones, and the number of values up to each."""
    values = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6, width=32))
    points = np.sort(draw(st.lists(values, min_size=2, max_size=30)))
    steps = draw(st.lists(st.integers(0, 9), min_size=len(points), max_size=len(points)))
    return points, np.cumsum([steps[0] + 1, *steps[1:]]).astype(float)


@given(quantiles(), st.integers(1, 12))
def test_it_agrees_with_tfdv(found, buckets):
    points, cumulative = found
    low, high = points[0], points[-1]
    ours = equal_width(points, cumulative, low, high, buckets)
    theirs = quantiles_util.generate_equi_width_histogram(points, cumulative, low, high, buckets, 0)
    assert [(b.low_value, b.high_value) for b in ours.buckets] == [
        (b.low_value, b.high_value) for b in theirs.buckets
    ]
    counts = [[b.sample_count for b in histogram.buckets] for histogram in (ours, theirs)]
    np.testing.assert_allclose(*counts, rtol=1e-6, atol=1e-6 * cumulative[-1])
    np.testing.assert_allclose(sum(counts[0]), cumulative[-1])


def test_a_range_beyond_its_type_has_no_buckets():
    largest = np.finfo(np.float64).max
    points = np.array([-largest, 0.0, largest])
    with np.errstate(over="ignore", invalid="ignore"):
        assert not equal_width(points, np.array([1.0, 2.0, 3.0]), -largest, largest, 10).buckets
