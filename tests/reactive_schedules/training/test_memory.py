"""Nothing of a training stays in memory when it has ended."""

import gc
import weakref

import keras
import pytest
import tensorflow as tf

import reactive_schedules as rs
from reactive_schedules.training.run import TrainingRun
from tests.reactive_schedules.training.small_problem import COMPILE, data, spec, validation_data

KINDS = (tf.Graph, TrainingRun, keras.Model, keras.optimizers.Optimizer, tf.data.Dataset, tf.data.Iterator)


def alive() -> dict[str, int]:
    """Number of objects of each kind."""
    gc.collect()
    found = [type(each) for each in gc.get_objects()]
    return {kind.__name__: sum(issubclass(each, kind) for each in found) for kind in KINDS}


def dataset(arrays):
    return tf.data.Dataset.from_tensor_slices(arrays)


@pytest.mark.parametrize(
    ("form", "compiled_by_xla"),
    [(tuple, False), (dataset, False), (tuple, True)],
    ids=["arrays", "dataset", "XLA"],
)
def test_nothing_outlives_a_call(form, compiled_by_xla):
    def train():
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, activation="softmax")])
        model.compile(**COMPILE, jit_compile=compiled_by_xla)
        rs.fit(model, form(data(40)), form(validation_data()), spec(epochs=1, optimizer="sgd"))
        return weakref.ref(model)

    train()  # TensorFlow keeps some graphs of a first call for the whole process
    before = alive()
    models = [train(), train()]
    assert alive() == before
    assert [model() for model in models] == [None, None]
