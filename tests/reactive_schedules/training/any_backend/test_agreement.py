"""What comes out of `fit` is the same on every backend, and what Keras finds."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

import reactive_schedules as rs
from tests.reactive_schedules.training.any_backend.running import BACKEND, LOSS, fit, network, spec, stream
from tests.reactive_schedules.training.small_problem import data, validation_data

GOLDEN = Path(__file__).with_name("three_epochs.json")


def test_three_epochs_agree_with_those_of_other_backends():
    chosen = spec(3, 8, action="hybrid", growth=2, max_batch_size=16, min_delta=0.2)
    _, result = fit(train=data(203), chosen=chosen, metrics=["accuracy"])
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert [*result.history] == [*expected]
    for name, values in expected.items():
        np.testing.assert_allclose(result.history[name], values, rtol=1e-5, err_msg=name)
    assert len({*result.history["batch_size"]}) > 1


def test_convolutions_train_as_in_keras():
    def convolving():
        layers = [keras.layers.Reshape((6, 1)), keras.layers.Conv1D(4, 3), keras.layers.Flatten()]
        model = keras.Sequential([keras.Input((6,)), *layers, keras.layers.Dense(3, "softmax")])
        random = np.random.default_rng(0)
        model.set_weights([0.3 * random.normal(size=weight.shape) for weight in model.get_weights()])
        return model

    constant = rs.TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.1}})
    chosen = spec(2).model_copy(update={"learning_rate": constant.learning_rate})
    seen = {}
    _, result = fit(
        convolving(),
        chosen=chosen,
        validation_metrics={"seen": lambda *rows: seen.update(rows=rows[1]) or 0.0},
    )
    peer, (x, y) = convolving(), data(200)
    peer.compile(keras.optimizers.SGD(0.1, momentum=0.9), **LOSS)
    for epoch in range(2):
        order, losses = np.random.default_rng([3, epoch]).permutation(200), []
        for first in range(0, 200, 50):
            batch = order[first : first + 50]
            peer.reset_metrics()
            losses.append(peer.train_on_batch(x[batch], y[batch], return_dict=True)["loss"])
        assert result.history["loss"][epoch] == pytest.approx(np.mean(losses), rel=1e-5)
    np.testing.assert_allclose(
        seen["rows"], peer.predict(validation_data()[0], verbose=0), rtol=1e-4, atol=1e-6
    )


def test_a_stream_and_eager_execution_train_as_arrays_do():
    chosen, eager = spec(2), network()
    expected, result = fit(chosen=chosen)
    eager.compile(run_eagerly=True, **LOSS)
    streamed = fit(train=stream(data(200)), validation=stream(validation_data()), chosen=chosen)
    for found, other in (streamed, fit(eager, chosen=chosen)):
        np.testing.assert_allclose(other.history["val_loss"], result.history["val_loss"], rtol=1e-5)
        for ours, theirs in zip(found.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


class Counting(keras.Sequential):
    traces = 0

    def call(self, inputs, training=None, mask=None):
        self.traces += bool(training)
        return super().call(inputs, training=training, mask=mask)


@pytest.mark.skipif(BACKEND == "torch", reason="it does not trace")
@pytest.mark.parametrize("action", ["decay", "grow"])
def test_only_a_new_size_of_a_batch_is_traced_again(action):
    chosen = spec(5, 25, action=action, growth=2, max_batch_size=100)
    model, result = fit(network(Counting), chosen=chosen)
    assert len(result.decisions) >= 2
    sizes = {*result.history["batch_size"]}
    assert len(sizes) == {"decay": 1, "grow": 3}[action]
    assert model.traces == (len(sizes) if BACKEND == "jax" else 1)


@pytest.mark.parametrize("kind", [tuple, stream])
def test_metrics_of_the_whole_validation_split(kind):
    def right(labels, predictions, weights):
        assert weights is None
        assert labels.shape == (60,)
        return np.mean(predictions.argmax(1) == labels)

    validation = kind(validation_data())
    _, result = fit(validation=validation, validation_metrics={"right": right}, metrics=["accuracy"])
    np.testing.assert_allclose(result.history["val_right"], result.history["val_accuracy"], rtol=1e-6)


def test_class_weights_are_sample_weights():
    x, y = data(200)
    weight = np.array([0.5, 1, 4], "float32")[y]
    one, other = fit(class_weight={0: 0.5, 2: 4.0}), fit(train=(x, y, weight))
    np.testing.assert_allclose(one[1].history["loss"], other[1].history["loss"], rtol=1e-6)
    assert one[1].history["loss"] != fit()[1].history["loss"]


@pytest.mark.parametrize("own", ["none", "one each", "a column"])
@pytest.mark.parametrize("series", [False, True])
def test_class_weights_of_whole_series_and_with_weights_as_a_column(own, series):
    x, y = data(200)
    x, y = (np.stack([x, x[::-1]], 1), np.stack([y, y[::-1]], 1)) if series else (x, y)
    weight = np.linspace(0.5, 2, 200).astype("float32") if own != "none" else np.ones(200, "float32")
    given = {"none": (), "one each": (weight,), "a column": (weight[:, None],)}[own]
    expected = np.array([0.5, 1, 4], "float32")[y] * (weight[:, None] if series else weight)
    results = []
    for train, by_class in (((*given,), {0: 0.5, 2: 4.0}), ((expected,), None)):
        model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Dense(3, "softmax")])
        random = np.random.default_rng(0)
        model.set_weights([0.3 * random.normal(size=each.shape) for each in model.get_weights()])
        arrays = (x, np.eye(3, dtype="float32")[y], *train)
        loss = {"loss": "categorical_crossentropy"}
        results.append(rs.fit(model, arrays, None, spec(2), class_weight=by_class, **loss).history["loss"])
    np.testing.assert_allclose(*results, rtol=1e-5)


def test_what_a_custom_step_returns_is_in_the_history():
    class Own(keras.Sequential):
        def train_step(self, *arguments):
            made = super().train_step(*arguments)
            total = keras.ops.sum(arguments[-1][1])
            return ({**made[0], "total": total}, made[1]) if BACKEND == "jax" else {**made, "total": total}

    _, result = fit(network(Own))
    order = np.random.default_rng([3, 0]).permutation(200)
    assert result.history["total"][0] == data(200)[1][order[150:]].sum()
    np.testing.assert_allclose(result.history["loss"], fit()[1].history["loss"], rtol=1e-6)


def test_a_range_test_leaves_the_model_as_it_was():
    model = network()
    model.compile("adam", **LOSS)
    before = model.get_weights()
    found = rs.range_test(model, data(200), low=1e-4, steps=20)
    assert found.learned
    for weight, earlier in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, earlier)


@pytest.mark.parametrize(("period", "growth"), [(90, 3), (1024, 2), (1000, 10)])
def test_a_cycle_may_be_longer_than_32_bits_count(period, growth):
    schedule = rs.CosineRestarts(0.1, period=period, growth=growth)
    steps = np.array([0, 5, period - 1, period, 5 * period, 10**7, 2**31 - 2])
    np.testing.assert_allclose(schedule(steps), schedule.formula(steps), rtol=1e-5, atol=1e-9)
