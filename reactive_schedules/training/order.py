"""The order of the training examples, which depends only on seed and epoch."""

from collections.abc import Iterator

import numpy as np


def order(examples: int, seed: int, epoch: int) -> np.ndarray:
    """The order in which an epoch visits its examples.

    It depends on nothing else, so a run that is resumed at any step sees the same examples as an uninterrupted one.

    Args:
        examples: Number of examples.
        seed: Seed of the run, at least 0.
        epoch: Epoch, counted from 0.

    Returns:
        Permutation of the examples, int64, shape [examples].
    """
    return np.random.default_rng([seed, epoch]).permutation(examples)


def windows(
    examples: int, block: int, width: int, seed: int, epoch: int | None, start: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The order in which an epoch visits examples that are stored in blocks, of which only a few fit in memory.

    The blocks are permuted and divided into windows; the examples of a window are shuffled among themselves.

    Args:
        examples: Number of examples.
        block: Examples in a block; the last block may have fewer.
        width: Blocks in a window; the last window may have fewer.
        seed: Seed of the run, at least 0.
        epoch: Epoch, counted from 0; None for the order in which the examples are stored.
        start: Number of examples to skip. Windows that are skipped whole cost nothing.

    Yields:
        For each window, its blocks, and the order of their examples as indices into these blocks, laid one after the
        other; both int64.
    """
    count = -(-examples // block)
    blocks = np.arange(count) if epoch is None else order(count, seed, epoch)
    sizes = np.minimum(block, examples - blocks * block)
    for first in range(0, count, width):
        size = int(sizes[first : first + width].sum())
        if start >= size:
            start -= size
            continue
        if epoch is None:
            indices = np.arange(size)
        else:
            # Counted from 1: NumPy's seeds [a, b] and [a, b, 0] are the same.
            indices = np.random.default_rng([seed, epoch, 1 + first // width]).permutation(size)
        yield blocks[first : first + width], indices[start:]
        start = 0


def stream_seed(seed: int, epoch: int) -> int:
    """The seed for shuffling streamed data in an epoch: below 2**31, different in each epoch."""
    return int(np.random.default_rng([seed, epoch]).integers(2**31))
