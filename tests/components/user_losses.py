"""Losses as users write them."""

import keras
from keras import ops


def poisson(labels, outputs):
    """Of counts and the logarithms of their means, in label units."""
    return ops.mean(ops.exp(outputs) - labels * outputs, axis=-1)


def ninth_decile(labels, outputs):
    """The quantile loss for 0.9, which does not mind the unit of the label."""
    missing = labels - outputs
    return ops.mean(ops.maximum(0.9 * missing, -0.1 * missing), axis=-1)


ninth_decile.standardised_label = True


class Squared(keras.losses.Loss):
    """The squared error, as a class."""

    def call(self, labels, outputs):
        """Called by Keras."""
        return ops.mean(ops.square(labels - outputs), axis=-1)
