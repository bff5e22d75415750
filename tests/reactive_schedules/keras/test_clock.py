import keras
import numpy as np
import pytest

from reactive_schedules.keras.clock import Clock, OnClock
from reactive_schedules.keras.scaled import Scaled
from reactive_schedules.keras.steps import Linear

LINEAR = Linear(peak=1.0, length=100)


def test_an_epoch_begins_at_the_same_step_whatever_the_batch():
    clock = Clock(examples=203, batch_size=8)
    assert clock.steps_per_epoch == 26
    for epoch in range(4):
        for batch in (8, 20, 101, 203):
            steps = [clock.at(epoch, example) for example in range(0, 203, batch)]
            assert steps[0] == 26 * epoch
            assert steps == sorted(steps)
            assert steps[-1] == clock.last(epoch, 203, batch) < 26 * (epoch + 1)


def test_with_the_initial_batch_the_clock_counts_steps():
    clock = Clock(examples=203, batch_size=8)
    assert [clock.at(1, example) for example in range(0, 203, 8)] == list(range(26, 52))


def tensor(number):
    return keras.ops.convert_to_tensor(number, "int64")


@pytest.mark.parametrize("kind", [int, np.int64, tensor])
def test_the_clock_is_exact_for_long_trainings(kind):
    clock = Clock(examples=2**30, batch_size=1)
    assert int(clock.at(kind(1000), kind(2**30 - 1))) == 1001 * 2**30 - 1


def test_a_schedule_on_a_clock_ignores_the_step():
    clock = Clock(examples=80, batch_size=8)
    schedule = OnClock(LINEAR, clock)
    for step in (0, 7, 50):
        clock.step.assign(step)
        assert float(schedule(12345)) == pytest.approx(float(LINEAR(step)))


def test_without_a_run_what_is_left_is_the_schedule_itself():
    scale = keras.Variable(0.25)
    config = keras.saving.serialize_keras_object(OnClock(Scaled(LINEAR, scale), Clock(80, 8)))
    schedule = keras.saving.deserialize_keras_object(config)
    assert float(schedule(50)) == pytest.approx(0.25 * float(LINEAR(50)))
