import numpy as np

from reactive_schedules.training.order import order, stream_seed


def test_it_is_a_permutation_that_seed_and_epoch_decide():
    seen = {tuple(order(50, seed, epoch)) for seed in range(3) for epoch in range(5)}
    assert len(seen) == 15
    assert all(sorted(permutation) == list(range(50)) for permutation in seen)
    np.testing.assert_array_equal(order(50, 2, 3), order(50, 2, 3))


def test_stream_seeds_differ_from_epoch_to_epoch():
    seeds = [stream_seed(seed, epoch) for seed in range(10) for epoch in range(100)]
    assert len({*seeds}) == 1000
    assert all(0 <= seed < 2**31 for seed in seeds)
