"""The order of the training examples, as a function of seed and epoch alone."""

import numpy as np


def order(examples: int, seed: int, epoch: int) -> np.ndarray:
    """The permutation in which `epoch` visits its examples.

    Because nothing else goes into it, a run that is resumed in any epoch, at any step, meets the same
    examples as one that was never interrupted.

    Args:
        examples: how many.
        seed: of the run; 0 or larger.
        epoch: counted from 0.

    Returns:
        int64, shape [examples].
    """
    return np.random.default_rng([seed, epoch]).permutation(examples)


def stream_seed(seed: int, epoch: int) -> int:
    """A seed for an epoch's shuffle of streamed data, below 2**31 and distinct from epoch to epoch."""
    return int(np.random.default_rng([seed, epoch]).integers(2**31))
