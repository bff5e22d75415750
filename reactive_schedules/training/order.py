"""The order of the training examples, which depends only on seed and epoch."""

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


def stream_seed(seed: int, epoch: int) -> int:
    """The seed for shuffling streamed data in an epoch: below 2**31, different in each epoch."""
    return int(np.random.default_rng([seed, epoch]).integers(2**31))
