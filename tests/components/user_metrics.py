"""Metrics as users write them."""

import numpy as np


def saved(labels, predictions, weights):
    """Share of the weight of class 1 among the examples that are most probably of class 1."""
    weights = np.ones(len(labels)) if weights is None else weights
    chosen = predictions.argmax(axis=1) == 1
    return float(weights[chosen & (labels == 1)].sum() / max(1e-9, weights[chosen].sum()))


def lost_accuracy(labels, predictions, weights):
    """Smaller is better, whatever its name says."""
    return 1 - saved(labels, predictions, weights)


lost_accuracy.larger_is_better = False
