"""The Keras classes give the numpy formula's rates, whatever the step is made of."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from reactive_schedules.families import FAMILIES
from reactive_schedules.families.arrays import NumpyOps
from reactive_schedules.keras.build import build_schedule, schedule_of
from tests.reactive_schedules.family_cases import RESOLVED, UNRESOLVED

KERAS = {name: schedule_of(formula) for name, formula in RESOLVED.items()}

STEPS = np.concatenate(
    [
        np.arange(0, 1100, 3),
        [9_999_999, 10_000_000, 2**24, 2**24 + 1],
    ]
)
# The same run, stretched to ten million steps: where a float32 position has lost its last bits.
LONG_RUN = 10_000_000
LONG = {
    name: spec
    for name, spec in UNRESOLVED.items()
    if all(isinstance(spec.model_dump().get(key), str | None) for key in ("length", "period", "step_size"))
    and spec.family not in ("sequence",)
}
LONG_STEPS = np.concatenate(
    [np.arange(0, LONG_RUN + 2, 9_973), LONG_RUN - np.arange(0, 50), np.arange(0, 200), [2**24 + 1]]
)


def relative_error(rates, expected):
    rates, expected = np.asarray(rates, "float64"), np.asarray(expected)
    assert (rates[expected == 0] == 0).all()
    some = expected > 0
    return np.max(np.abs(rates[some] / expected[some] - 1), initial=0)


@pytest.mark.parametrize("name", KERAS)
def test_a_vector_of_steps_equals_numpy(name):
    rates = KERAS[name](STEPS)
    assert keras.backend.standardize_dtype(rates.dtype) == "float32"
    assert rates.shape == STEPS.shape
    assert relative_error(rates, RESOLVED[name](STEPS)) < 1e-7


@pytest.mark.parametrize("name", KERAS)
def test_every_kind_of_step_gives_the_same_rate(name):
    schedule = KERAS[name]
    for step in (0, 3, 57, 200, 999, 2**24 + 1):
        same = [
            schedule(kind(step))
            for kind in (int, float, np.int32, np.int64, np.float64, tf.constant, tf.Variable)
        ]
        same.append(schedule(keras.Variable(step, dtype="int64", trainable=False)))
        same.append(schedule(tf.constant(step, tf.int32)))
        assert {float(rate) for rate in same} == {float(schedule(np.array([step]))[0])}
        assert all(rate.shape == () for rate in same)


@pytest.mark.parametrize("name", KERAS)
def test_inside_a_compiled_function(name):
    traced = tf.function(
        KERAS[name].__call__, input_signature=[tf.TensorSpec(None, tf.int64)], autograph=False
    )
    assert traced(tf.constant(STEPS)).numpy().tolist() == KERAS[name](STEPS).numpy().tolist()
    assert float(traced(tf.constant(321, tf.int64))) == float(KERAS[name](321))


@pytest.mark.parametrize("name", LONG)
def test_float32_error_over_ten_million_steps(name):
    spec = LONG[name].resolve(LONG_RUN)
    schedule = schedule_of(spec)
    assert relative_error(schedule(LONG_STEPS), spec(LONG_STEPS)) < 1e-6
    # float32 steps are exact up to 2**24, so nothing may be lost on the way either.
    exact = LONG_STEPS[LONG_STEPS <= 2**24]
    assert relative_error(schedule(exact.astype("float32")), spec(exact)) < 1e-6


@pytest.mark.parametrize("name", [name for name in LONG if LONG[name].family != "exponential"])
def test_float32_error_without_double_precision(name):
    # What JAX computes: every float a float32. (exp of a large exponent is the one thing this cannot do.)
    spec = LONG[name].resolve(LONG_RUN)
    positions = LONG_STEPS.astype("int64")
    assert relative_error(spec.value(positions, NumpyOps("float32")), spec(LONG_STEPS)) < 1e-6


@pytest.mark.parametrize("name", ["linear", "cosine", "polynomial", "rex", "one_cycle"])
def test_steps_beyond_2_to_the_24_do_not_stick(name):
    spec = FAMILIES[name].parse({"peak": 1, "final_ratio": 0})
    rates = build_schedule(spec, 2**24 + 100)(np.arange(2**24, 2**24 + 101)).numpy()
    assert (np.diff(rates) < 0).all()
    assert rates[-1] == 0


@pytest.mark.parametrize("name", ["one_cycle", "cosine_restarts growing", "sequence"])
def test_an_optimizer_follows_its_schedule(name):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(KERAS[name]), "mse")
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(float(model.optimizer.learning_rate))
    )
    model.fit(np.zeros((40, 2)), np.zeros((40, 1)), batch_size=1, verbose=0, callbacks=[watch])
    assert seen == pytest.approx(RESOLVED[name](np.arange(1, 41)), rel=1e-6)
