"""Quantiles, combined as Beam combines them, and the scale that they make."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from components.transform.analyzers.histogram import Histogram
from components.transform.analyzers.quantiles import _Quantiles, scale_between

NUMBERS = st.integers(-2, 2) | st.floats(-1e6, 1e6, width=32, allow_subnormal=False)
QUARTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


@given(st.integers(0, 2**32 - 1), st.lists(st.lists(st.integers(0, 40), max_size=5), min_size=1, max_size=4))
def test_batches_and_workers_do_not_matter_beyond_the_limit_of_bins(seed, workers):
    random, limit = np.random.default_rng(seed), 8
    batches = [[random.normal(size=(rows, 2)) for rows in sizes] for sizes in workers]
    combine = _Quantiles(2, limit, QUARTILES, "linear")
    accumulators = []
    for found in batches:
        accumulator = combine.create_accumulator()
        for batch in found:
            accumulator = combine.add_input(accumulator, (batch,))
            assert all(sum(len(part.keys) for part in parts) <= 2 * limit + 40 for parts in accumulator)
        accumulators.append(combine.compact(accumulator))
    found = combine.extract_output(combine.merge_accumulators(accumulators))
    whole = np.concatenate([np.empty((0, 2)), *(batch for each in batches for batch in each)])
    expected = [Histogram.merged([Histogram.of(column)], limit).quantiles(QUARTILES) for column in whole.T]
    np.testing.assert_array_equal(found, np.stack(expected, axis=1))


@given(
    st.lists(NUMBERS, min_size=2, max_size=20),
    st.lists(NUMBERS, min_size=1, max_size=20),
)
def test_the_scale_is_linear_between_borders_that_differ(borders, values):
    borders = np.sort(np.asarray(borders, np.float64))
    steps = np.unique(borders)
    expected = np.zeros(len(values))
    if len(steps) > 1:
        expected = np.interp(values, steps, np.linspace(-(3**0.5), 3**0.5, len(steps)))
    x = np.asarray(values, np.float64)[:, None]
    found = scale_between(np.hstack([x, x]), np.stack([borders, np.arange(len(borders))], axis=1))
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-9)


def test_values_far_out_are_at_the_ends_of_the_scale_and_what_is_not_finite_is_missing():
    x = np.array([[-np.inf], [np.nan], [0.5], [1e300], [np.inf]])
    found = np.asarray(scale_between(x, np.array([[0.0], [1.0]])))[:, 0]
    np.testing.assert_allclose(found, [np.nan, np.nan, 0, 3**0.5, np.nan])
