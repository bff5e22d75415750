import keras
import numpy as np
import pytest

from reactive_schedules import Constant, Cosine, Horizon, Warmup

STEPS = np.arange(8)


@pytest.mark.parametrize(
    ("shape", "start", "factors"),
    [
        ("linear", 0.0, [0, 0.25, 0.5, 0.75, 1, 1]),
        ("linear", 0.2, [0.2, 0.4, 0.6, 0.8, 1, 1]),
        ("exponential", 1 / 16, [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 1]),
        ("constant", 0.3, [0.3, 0.3, 0.3, 0.3, 1, 1]),
    ],
)
def test_shapes(shape, start, factors):
    schedule = Warmup(Constant(0.4), 4, shape=shape, start=start)
    assert schedule(np.arange(6)).numpy() == pytest.approx(0.4 * np.array(factors), rel=1e-6)


def test_the_inner_schedule_counts_from_the_end_of_the_warm_up():
    inner = Cosine(1.0, length=100)
    steps = np.arange(10, 130)
    assert Warmup(inner, 10)(steps).numpy().tolist() == inner(steps - 10).numpy().tolist()


def test_equals_the_familys_own_warm_up():
    steps = np.arange(130)
    assert Warmup(Cosine(0.3, length=100), 10, start=0.1)(steps).numpy() == pytest.approx(
        Cosine(0.3, length=100, warmup=10, warmup_start=0.1)(steps).numpy(), rel=2e-7, abs=0
    )


@pytest.mark.parametrize(
    "inner",
    [
        keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9),
        keras.optimizers.schedules.InverseTimeDecay(0.1, 10, 0.9),
        keras.optimizers.schedules.PiecewiseConstantDecay([5, 9], [0.1, 0.05, 0.01]),
        keras.optimizers.schedules.PolynomialDecay(0.1, 20),
        keras.optimizers.schedules.CosineDecay(0.1, 20),
        keras.optimizers.schedules.CosineDecayRestarts(0.1, 20),
    ],
    ids=lambda inner: type(inner).__name__,
)
def test_keras_own_schedules_are_welcome(inner):
    schedule = Warmup(inner, 4)
    assert float(schedule(2)) == pytest.approx(0.05)
    assert schedule(np.arange(4, 30)).numpy().tolist() == inner(np.arange(0, 26)).numpy().tolist()
    again = Warmup.from_config(schedule.get_config())
    assert again(STEPS).numpy().tolist() == schedule(STEPS).numpy().tolist()


class Number(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1


def test_a_schedule_may_return_a_number():
    assert Warmup(Number(), 4)(np.arange(6)).numpy() == pytest.approx([0, 0.025, 0.05, 0.075, 0.1, 0.1])


def test_durations_and_nesting():
    schedule = Warmup(Warmup(Constant(1.0), 2), "1ep", horizon=Horizon(4, 10, 32))
    # The outer warm-up rises to the inner schedule's first rate, which is 0.
    assert schedule(STEPS).numpy().tolist() == [0, 0, 0, 0, 0, 0.5, 1, 1]
