"""Our families against the six schedules that Keras has, and where those lose their footing."""

import numpy as np
import pytest
from keras.optimizers import schedules as theirs

import reactive_schedules as ours

STEPS = np.arange(1500)


@pytest.mark.parametrize(
    ("our", "their"),
    [
        (ours.Exponential(0.1, length=100, final_ratio=0.7), theirs.ExponentialDecay(0.1, 100, 0.7)),
        (
            ours.Exponential(0.1, length=100, final_ratio=0.7, staircase=True),
            theirs.ExponentialDecay(0.1, 100, 0.7, staircase=True),
        ),
        (ours.InverseTime(0.1, length=100, final_ratio=0.25), theirs.InverseTimeDecay(0.1, 100, 3.0)),
        (
            ours.InverseTime(0.1, length=100, final_ratio=0.25, staircase=True),
            theirs.InverseTimeDecay(0.1, 100, 3.0, staircase=True),
        ),
        # Keras changes the rate one step after the boundary.
        (
            ours.Piecewise(0.1, boundaries=[501, 901], ratios=[1, 0.5, 0.1]),
            theirs.PiecewiseConstantDecay([500, 900], [0.1, 0.05, 0.01]),
        ),
        (
            ours.Polynomial(0.1, length=1000, power=2.0, final_ratio=0.05),
            theirs.PolynomialDecay(0.1, 1000, 0.005, power=2.0),
        ),
        (ours.Cosine(0.1, length=1000, final_ratio=0.05), theirs.CosineDecay(0.1, 1000, alpha=0.05)),
        (
            ours.CosineRestarts(0.1, period=100, growth=2, cycle_ratio=0.8, final_ratio=0.05),
            theirs.CosineDecayRestarts(0.1, 100, t_mul=2.0, m_mul=0.8, alpha=0.05),
        ),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_same_rates(our, their):
    assert np.abs(our(STEPS).numpy() - their(STEPS).numpy()).max() < 5e-7 * 0.1


def test_cosine_with_warm_up():
    their = theirs.CosineDecay(0.01, 1000, warmup_target=0.1, warmup_steps=200)
    our = ours.Cosine(0.1, length=1000, warmup=200, warmup_start=0.1)
    # Theirs takes single steps only.
    assert [float(our(s)) for s in range(0, 1300, 50)] == pytest.approx(
        [float(their(s)) for s in range(0, 1300, 50)], abs=5e-8
    )


def test_ours_still_moves_where_theirs_sticks():
    n = 2**24 + 64
    last = np.arange(n - 64, n + 1)
    stuck = np.asarray(theirs.PolynomialDecay(1.0, n, 0.0)(last))
    moving = np.asarray(ours.Polynomial(1.0, length=n, power=1.0)(last))
    assert len(set(stuck.tolist())) < 40
    assert len(set(moving.tolist())) == 65
