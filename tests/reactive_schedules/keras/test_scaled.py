import keras
import numpy as np
import pytest
import tensorflow as tf

from reactive_schedules import Constant, Cosine, Scaled


def test_multiplies_by_a_number():
    steps = np.arange(20)
    inner = Cosine(0.4, length=10)
    assert Scaled(inner, 0.25)(steps).numpy() == pytest.approx(0.25 * inner(steps).numpy())


def test_a_variable_takes_effect_without_a_retrace():
    scale = keras.Variable(1.0, trainable=False)
    schedule = Scaled(Constant(0.5), scale)
    traces = []

    @tf.function
    def rate(step):
        traces.append(1)
        return schedule(step)

    assert float(rate(tf.constant(3))) == 0.5
    scale.assign(0.1)
    assert float(rate(tf.constant(4))) == pytest.approx(0.05)
    assert len(traces) == 1


def test_a_model_trains_at_the_new_rate_without_a_retrace():
    scale = keras.Variable(1.0, trainable=False)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(Scaled(Constant(0.5), scale)), "mse")
    x = y = np.ones((4, 1))
    model.fit(x, y, verbose=0)
    scale.assign(0.0)
    before = model.get_weights()[0].copy()
    model.fit(x, y, verbose=0)
    assert (model.get_weights()[0] == before).all()


class Number(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1


def test_a_schedule_may_return_a_number():
    assert float(Scaled(Number(), 0.5)(3)) == pytest.approx(0.05)


def test_nests_and_accepts_keras_schedules():
    inner = keras.optimizers.schedules.ExponentialDecay(0.8, 10, 0.5)
    assert float(Scaled(Scaled(inner, 0.5), 0.5)(10)) == pytest.approx(0.1)


def test_a_floor_is_kept_and_saved():
    schedule = Scaled(Cosine(0.4, length=10), 0.5, floor=0.05)
    rates = schedule(np.arange(12)).numpy()
    assert rates.min() == pytest.approx(0.05)
    assert rates[:3] == pytest.approx(0.5 * Cosine(0.4, length=10)(np.arange(3)).numpy())
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    assert again.floor == 0.05
    with pytest.raises(ValueError, match=r"^floor: must be a number in \[0, inf\); got -1"):
        Scaled(Constant(1), 1, floor=-1)
