"""Trainings that are the same on every backend, and what tests of several topics ask of them."""

import keras
import numpy as np

import reactive_schedules as rs
from reactive_schedules.training.backend import backend_of
from tests.reactive_schedules.training.small_problem import data, validation_data

BACKEND = keras.backend.backend()


LOSS = {"loss": "sparse_categorical_crossentropy"}


def network(kind=keras.Sequential, seed=0):
    """No random layers; the weights are NumPy's, so that they are the same on every backend."""
    layers = [keras.Input((6,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(3, "softmax")]
    model, random = kind(layers), np.random.default_rng(seed)
    model.set_weights([0.3 * random.normal(size=weight.shape) for weight in model.get_weights()])
    return model


def spec(epochs=4, batch_size=50, **plateau):
    """Of 200 examples, a whole number of batches."""
    fields = {"patience": 1, "min_delta": 1e9, "max_actions": 9, **plateau}
    return rs.TrainingSpec.parse(
        {
            "optimizer": {"name": "sgd"},
            "learning_rate": {"family": "one_cycle", "peak": 0.5},
            "batch_size": batch_size,
            "epochs": epochs,
            "plateau": fields if plateau else None,
            "seed": 3,
        }
    )


def fit(model=None, train=None, chosen=None, validation=None, **options):
    model = model or network()
    return model, rs.fit(
        model, train or data(200), validation or validation_data(), chosen or spec(), **{**LOSS, **options}
    )


def assert_equal_runs(one, other):
    assert one[1] == other[1]
    for ours, theirs in zip(
        [*one[0].variables, *one[0].optimizer.variables],
        [*other[0].variables, *other[0].optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs), err_msg=ours.path
        )


def stream(arrays):
    class Stream:
        examples = len(arrays[0])
        batches = staticmethod(backend_of("fit", "").as_source(arrays, "train").batches)

    return Stream()


def linear():
    """Its loss is its output, which is its only weight: each step lowers it by the learning rate."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1))])
    return model


def output(_, predictions):
    return predictions


ONES = (np.ones((20, 1), "float32"), np.ones((20, 1), "float32"))


class Weights(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = [0.0]

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(-self.model.get_weights()[0].item())
