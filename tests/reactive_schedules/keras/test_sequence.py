import keras
import numpy as np
import pytest

from reactive_schedules import Constant, Cosine, Horizon, OneCycle, Sequence, Warmup


def test_parts_count_from_their_own_beginning():
    schedule = Sequence([Constant(0.5), Cosine(1.0, length=10), Constant(0.1)], [5, 20])
    steps = np.arange(25)
    expected = [0.5] * 5 + Cosine(1.0, length=10)(np.arange(15)).numpy().tolist() + [0.1] * 5
    assert schedule(steps).numpy() == pytest.approx(expected)


def test_boundaries_are_durations():
    schedule = Sequence([Constant(1.0), Constant(0.5)], ["2ep"], horizon=Horizon(7, 10, 32))
    assert schedule([13, 14]).numpy().tolist() == [1, 0.5]


def test_nests_with_everything_and_with_keras_own():
    schedule = Sequence(
        [
            Warmup(keras.optimizers.schedules.PolynomialDecay(0.4, 10, 0.2), 4),
            Sequence([OneCycle(0.3, warmup=3, length=7), Constant(0.01)], [10]),
        ],
        [30],
    )
    assert schedule([0, 2, 4, 14, 29, 30, 33, 40, 99]).numpy() == pytest.approx(
        [0, 0.2, 0.4, 0.2, 0.2, 0.012, 0.3, 0.01, 0.01], rel=1e-6
    )
