import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reactive_schedules.training.order import order, stream_seed, windows


def visited(examples, block, width, seed=0, epoch: int | None = 0, start=0) -> np.ndarray:
    """The examples of an epoch in the order of `windows`."""
    seen = [np.empty(0, int)]
    for blocks, indices in windows(examples, block, width, seed, epoch, start):
        laid = np.concatenate([np.arange(each * block, min((each + 1) * block, examples)) for each in blocks])
        seen.append(laid[indices])
    return np.concatenate(seen)


def test_it_is_a_permutation_that_seed_and_epoch_decide():
    seen = {tuple(order(50, seed, epoch)) for seed in range(3) for epoch in range(5)}
    assert len(seen) == 15
    assert all(sorted(permutation) == list(range(50)) for permutation in seen)
    np.testing.assert_array_equal(order(50, 2, 3), order(50, 2, 3))


def test_stream_seeds_differ_from_epoch_to_epoch():
    seeds = [stream_seed(seed, epoch) for seed in range(10) for epoch in range(100)]
    assert len({*seeds}) == 1000
    assert all(0 <= seed < 2**31 for seed in seeds)


EXAMPLES, BLOCKS, WIDTHS = st.integers(1, 300), st.integers(1, 40), st.integers(1, 12)


@given(EXAMPLES, BLOCKS, WIDTHS, st.integers(0, 2**40), st.integers(0, 100))
def test_windows_visit_every_example_once_from_any_start(examples, block, width, seed, epoch):
    whole = visited(examples, block, width, seed, epoch)
    np.testing.assert_array_equal(np.sort(whole), np.arange(examples))
    for start in {0, 1, examples // 2, examples - 1, examples}:
        np.testing.assert_array_equal(visited(examples, block, width, seed, epoch, start), whole[start:])


@given(EXAMPLES, BLOCKS, WIDTHS)
def test_windows_without_an_epoch_keep_the_order(examples, block, width):
    np.testing.assert_array_equal(visited(examples, block, width, epoch=None), np.arange(examples))


@given(EXAMPLES, BLOCKS, WIDTHS)
def test_windows_have_a_few_whole_blocks(examples, block, width):
    for blocks, indices in windows(examples, block, width, seed=0, epoch=0):
        assert len(blocks) <= width
        held = sum(min(block, examples - each * block) for each in blocks)
        np.testing.assert_array_equal(np.sort(indices), np.arange(held))


def test_windows_differ_between_epochs_and_seeds_and_among_themselves():
    seen = {tuple(visited(60, 4, 3, seed, epoch)) for seed in range(3) for epoch in range(5)}
    assert len(seen) == 15
    inside = [tuple(indices) for _, indices in windows(100, 10, 1, seed=0, epoch=0)]
    assert len({*inside}) == 10


def test_windows_mix_what_is_sorted():
    labels = np.sort(np.arange(100_000) % 10)
    seen = labels[visited(labels.size, block=50, width=200)].reshape(-1, 1000)
    shares = np.stack([np.bincount(part, minlength=10) for part in seen]) / 1000
    # Drawing 200 of the 2,000 blocks, then 1,000 of their 10,000 examples: 0.1, with a deviation of 0.022.
    assert np.abs(shares - 0.1).max() < 0.1
    assert np.mean(np.diff(visited(100_000, 50, 200)) == 1) < 0.001
