import keras
import numpy as np
import pytest
import tensorflow as tf

from reactive_schedules import Constant, RateCallback, Scaled


def train(callback, *, epochs=3, examples=12, steps_per_execution=1, rate=1.0, data=None, **arguments):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse", steps_per_execution=steps_per_execution)
    x = data if data is not None else np.zeros((examples, 1))
    y = {} if data is not None else {"y": np.zeros((examples, 1)), "batch_size": 1}
    history = model.fit(x, epochs=epochs, verbose=0, callbacks=[callback], **y, **arguments)
    return model, history.history


class Recorder:
    def __init__(self, factor=0.5):
        self.calls, self.factor = [], factor

    def __call__(self, epoch, step, logs, rate, **arguments):
        self.calls.append((epoch, step))
        self.last = (logs, arguments)
        return rate * self.factor

    @property
    def steps(self):
        return [step for _, step in self.calls]


def test_epoch_ends_by_default_and_the_rate_is_in_the_history():
    record = Recorder()
    model, history = train(RateCallback(record))
    assert record.calls == [(0, 12), (1, 24), (2, 36)]
    # The rate an epoch ended with, before the cut that its end brought.
    assert history["learning_rate"] == [1.0, 0.5, 0.25]
    assert float(model.optimizer.learning_rate) == 0.125
    assert "loss" in record.last[0]


def test_every_few_epochs():
    record = Recorder()
    train(RateCallback(record, every="2ep"), epochs=5)
    assert record.calls == [(1, 24), (3, 48)]


@pytest.mark.parametrize("steps_per_execution", [1, 5, 12])
@pytest.mark.parametrize("every", [5, "5st"])
def test_every_n_steps_with_any_steps_per_execution(every, steps_per_execution):
    record = Recorder()
    model, _ = train(RateCallback(record, every=every), steps_per_execution=steps_per_execution)
    assert record.steps == [5, 10, 15, 20, 25, 30, 35]
    assert float(model.optimizer.learning_rate) == 0.5**7


@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_every_fraction_of_an_epoch(steps_per_execution):
    record = Recorder()
    train(
        RateCallback(record, every="0.25ep"), epochs=2, examples=10, steps_per_execution=steps_per_execution
    )
    # Quarters of 10 steps, to the nearest step.
    assert record.steps == [3, 5, 8, 10, 13, 15, 18, 20]
    assert [epoch for epoch, _ in record.calls] == [0] * 4 + [1] * 4


@pytest.mark.parametrize(
    ("accumulated", "steps"), [(2, [1, 3, 4, 5, 6, 8, 9, 10]), (3, [1, 2, 3, 3, 4, 5, 6])]
)
def test_every_fraction_of_an_epoch_with_accumulated_gradients(accumulated, steps):
    record = Recorder()
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=accumulated)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    callbacks = [RateCallback(record, every="0.25ep")]
    model.fit(np.zeros((10, 1)), np.zeros((10, 1)), batch_size=1, epochs=2, verbose=0, callbacks=callbacks)
    # Quarters of 5 or 3⅓ steps, to the nearest step.
    assert record.steps == steps


def test_one_and_a_half_epochs():
    record = Recorder()
    train(RateCallback(record, every="1.5ep"), epochs=4, examples=10)
    assert record.steps == [15, 30]


def test_own_arguments_reach_the_function():
    record = Recorder()
    train(RateCallback(record, floor=0.1, name="x"), epochs=1)
    assert record.last[1] == {"floor": 0.1, "name": "x"}


def test_counts_go_on_in_a_second_fit():
    record = Recorder()
    callback = RateCallback(record, every=10)
    model, _ = train(callback, epochs=1)
    model.fit(np.zeros((12, 1)), np.zeros((12, 1)), batch_size=1, verbose=0, callbacks=[callback])
    assert record.steps == [10, 20]


def test_an_optimizer_with_a_schedule_is_refused_with_the_remedy():
    scaled = Scaled(Constant(0.1), keras.Variable(1.0, trainable=False))
    with pytest.raises(ValueError, match=r"optimizer: .* cannot be set; .*rs.Scaled"):
        train(RateCallback(Recorder()), rate=scaled)


@pytest.mark.parametrize(
    ("optimizer", "kind"),
    [
        (keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(Constant(0.1))), "schedule"),
        (keras.optimizers.SGD(lambda: 0.1), "function"),
    ],
)
def test_what_cannot_be_set_is_named_before_training(optimizer, kind):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    with pytest.raises(ValueError, match=f"^optimizer: learning rate is a {kind}, which cannot be set"):
        model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0, callbacks=[RateCallback(Recorder())])
    assert int(optimizer.iterations) == 0


def test_fractions_need_a_known_epoch():
    unknown = tf.data.Dataset.from_generator(
        lambda: (([[0.0]], [[0.0]]) for _ in range(4)),
        output_signature=(tf.TensorSpec((1, 1)), tf.TensorSpec((1, 1))),
    )
    with pytest.raises(ValueError, match=r"every: a fraction of an epoch .* steps_per_epoch"):
        train(RateCallback(Recorder(), every="0.5ep"), data=unknown, epochs=1)
    record = Recorder()
    train(RateCallback(record, every="0.5ep"), data=unknown.repeat(), epochs=2, steps_per_epoch=4)
    assert record.steps == [2, 4, 6, 8]


@pytest.mark.parametrize("every", ["30%", "9ex", 0, "0ep", "2ep 3st", -1])
def test_wrong_periods(every):
    with pytest.raises(ValueError, match=r"^every: "):
        RateCallback(Recorder(), every=every)


@pytest.mark.parametrize("returned", [None, float("nan"), -0.1, "fast", float("inf")])
def test_wrong_rates_stop_the_training(returned):
    with pytest.raises(ValueError, match=r"^function: must return a rate in \[0, inf\); got .* at step 12"):
        train(RateCallback(lambda **_: returned), epochs=1)


def test_the_function_must_be_one():
    with pytest.raises(ValueError, match=r"^function: must be callable; got 0.1"):
        RateCallback(0.1)
