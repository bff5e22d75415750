import keras
import numpy as np
import pytest
import tensorflow as tf

from reactive_schedules import Cosine, range_test
from reactive_schedules.ahead.range_result import RangeTest, _longest_fall


def data(examples=160, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(examples, 4)).astype("float32")
    return x, (x @ np.array([[1.0], [-2.0], [0.5], [3.0]], "float32"))


def model(optimizer=None, **layers):
    keras.utils.set_random_seed(0)
    made = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dropout(0.1),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )
    made.compile(optimizer or keras.optimizers.SGD(0.01), "mse", metrics=["mae"])
    return made


def everything(made):
    """All of a model's state, as bytes."""
    if not made.optimizer.built:
        made.optimizer.build(made.trainable_variables)
    return [np.asarray(v).tobytes() for v in (*made.variables, *made.optimizer.variables)]


def test_finds_where_the_model_learns():
    found = range_test(model(), data(), low=1e-5, high=100, batch_size=16)
    assert found.diverged
    assert len(found.rates) == len(found.losses) < 100
    assert found.rates[0] == 1e-5
    assert (np.diff(found.rates) > 0).all()
    low, high = found.bounds
    assert 1e-3 < low < high < 2
    # This linear model learns at rates of about 0.01 to 0.2, and diverges soon after.
    assert all(1e-4 < rate < 0.3 for rate in found.suggestions.values())
    assert set(found.suggestions) == {"steepest", "valley", "minimum/10"}


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.SGD(0.01, momentum=0.9),
        lambda: keras.optimizers.Adam(Cosine(0.1, length=50)),
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1)),
    ],
    ids=["rate", "schedule", "loss scaling"],
)
def test_leaves_the_model_as_it_was(optimizer):
    tested, untouched = model(optimizer()), model(optimizer())
    for each in (tested, untouched):
        each.fit(*data(), epochs=1, verbose=0, shuffle=False)
    before, rate = everything(tested), float(tested.optimizer.learning_rate)
    own = tested.optimizer
    range_test(tested, data(), steps=30)
    assert everything(tested) == before
    assert tested.optimizer is own
    assert float(tested.optimizer.learning_rate) == rate
    # And it goes on training as if nothing had been.
    for each in (tested, untouched):
        each.fit(*data(), epochs=2, verbose=0, shuffle=False)
    assert everything(tested) == everything(untouched)


def test_a_model_that_was_never_trained_is_left_untrained():
    tested, untouched = model(), model()
    range_test(tested, data(), steps=20)
    assert int(tested.optimizer.iterations) == 0
    histories = [
        each.fit(*data(), epochs=2, verbose=0, shuffle=False).history for each in (tested, untouched)
    ]
    assert histories[0] == histories[1]


def test_the_model_is_restored_after_an_error_too():
    tested = model()
    before = [np.array(weight) for weight in tested.get_weights()]
    with pytest.raises(Exception, match=r".+"):
        range_test(tested, (data()[0], np.zeros((160, 7, 3, 2), "float32")), steps=20)
    assert all((a == b).all() for a, b in zip(before, tested.get_weights(), strict=True))


def test_is_deterministic():
    one, two = (range_test(model(), data(), steps=25, seed=3) for _ in range(2))
    assert one.losses.tolist() == two.losses.tolist()


def test_a_linear_sweep_and_a_dataset_of_examples():
    examples = tf.data.Dataset.from_tensor_slices(data(40))
    found = range_test(model(), examples, low=0.001, high=0.01, steps=12, sweep="linear", batch_size=16)
    assert found.rates == pytest.approx(np.linspace(0.001, 0.01, 12))
    assert not found.diverged


def test_weights_of_examples_count():
    x, y = data()
    zero = range_test(model(), (x, y, np.zeros(len(x), "float32")), steps=10)
    assert zero.losses.tolist() == [0.0] * 10


def measured(losses):
    return RangeTest(np.geomspace(1e-4, 1, len(losses)), np.array(losses, float), diverged=False)


def test_suggestions_on_a_known_curve():
    # Flat, a straight fall over the logarithm of the rate, then a rise.
    losses = np.concatenate([np.full(30, 2.0), np.linspace(2, 1, 41)[1:], np.linspace(1, 3, 30)])
    found = measured(losses)
    fall = found.rates[30], found.rates[75]
    for rate in (found.suggestions["steepest"], found.suggestions["valley"], *found.bounds):
        assert fall[0] <= rate <= fall[1]
    assert found.suggestions["minimum/10"] == pytest.approx(found.rates[found.smoothed.argmin()] / 10)
    assert found.smoothed[:30] == pytest.approx(2.0)


def test_feeds_the_spec_and_the_search_space():
    found = measured(np.linspace(2, 1, 50))
    low, high = found.bounds
    cyclical = found.cyclical("2ep")
    assert (cyclical.peak, cyclical.peak * cyclical.final_ratio) == (high, pytest.approx(low))
    assert found.search_range == {"low": low, "high": high, "log": True}


NOISE = np.random.default_rng(0).normal(size=60)


@pytest.mark.parametrize(
    ("losses", "learned"),
    [
        (np.full(60, 2.0), False),
        (2 + 0.3 * NOISE, False),
        (np.linspace(1, 2, 60) + 0.01 * NOISE, False),
        (np.linspace(2, 1, 60) + 0.1 * NOISE, True),
        # The divergence at the end is not noise.
        (np.concatenate([np.linspace(2, 1, 50), [1, 3, 1, 9, 2, 30]]), True),
    ],
    ids=["flat", "noise", "rise", "fall", "fall and end"],
)
def test_says_whether_anything_was_learned(losses, learned):
    found = measured(losses)
    assert found.learned == learned
    assert ("nothing was learned" in found.table()) != learned


def test_rates_too_low_to_learn_anything():
    assert not range_test(model(), data(), low=1e-12, high=1e-9).learned
    assert range_test(model(), data(), low=1e-5, high=10).learned


def test_longest_fall():
    assert _longest_fall(np.array([3.0, 1, 9, 8, 7, 2, 6])) == (2, 5)
    assert _longest_fall(np.array([1.0, 2, 3])) == (0, 0)


def test_draws_and_tabulates(tmp_path):
    found = measured(np.concatenate([np.linspace(2, 1, 50), np.linspace(1, 9, 10)]))
    assert found.draw(tmp_path / "range.png").read_bytes().startswith(b"\x89PNG")
    assert found.table().splitlines()[-1] == "60 steps, from 0.0001 to 1: reached the highest rate"
    with pytest.raises(ValueError, match=r"range.html: must end in one of .png, .svg"):
        found.draw(tmp_path / "range.html")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": 0}, r"^low: must be a number in \(0, inf\); got 0"),
        ({"low": 1, "high": 0.5}, r"^low: must be in \(0, 0.5\), below high; got 1"),
        ({"high": float("nan")}, "^high: must be a number"),
        ({"steps": 5}, r"^steps: must be an integer in \[10, 1000000\]; got 5"),
        ({"batch_size": 0}, "^batch_size: must be an integer"),
        ({"sweep": "cubic"}, "^sweep: must be one of 'exponential', 'linear'; got 'cubic'"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        range_test(model(), data(), **arguments)


class WithoutLoss(keras.Sequential):
    def train_step(self, data):
        super().train_step(data)
        return {"mae": 0.5}


def test_a_model_whose_step_returns_no_loss():
    made = WithoutLoss([keras.Input((4,)), keras.layers.Dense(1)])
    made.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"^model: train_step must return 'loss', .*; got \['mae'\]"):
        range_test(made, data())


def test_a_model_must_be_compiled_and_finite():
    with pytest.raises(ValueError, match=r"^model: must be compiled"):
        range_test(keras.Sequential([keras.layers.Dense(1)]), data())
    x, y = data()
    with pytest.raises(ValueError, match=r"^model: loss is not finite at the lowest rate"):
        range_test(model(), (x * np.nan, y))
