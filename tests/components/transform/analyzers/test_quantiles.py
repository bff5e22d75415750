"""Quantiles, combined as Beam combines them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from components.transform.analyzers.histogram import Histogram
from components.transform.analyzers.quantiles import _Quantiles

QUARTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


@given(st.integers(0, 2**32 - 1), st.lists(st.lists(st.integers(0, 40), max_size=5), min_size=1, max_size=4))
def test_batches_and_workers_do_not_matter_beyond_the_limit_of_bins(seed, workers):
    random, limit = np.random.default_rng(seed), 8
    batches = [[random.normal(size=(rows, 2)) for rows in sizes] for sizes in workers]
    combine = _Quantiles(2, limit, QUARTILES)
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
