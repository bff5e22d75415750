import numpy as np
import pytest

from reactive_schedules.families.inverse_time import InverseTimeSpec

STEPS = np.arange(0, 400)


def test_smooth():
    # Keras' InverseTimeDecay with decay_steps=10, decay_rate=3.
    spec = InverseTimeSpec(peak=0.1, final_ratio=0.25, length=10).resolve()
    assert spec(STEPS) == pytest.approx(0.1 / (1 + 3 * STEPS / 10), rel=1e-13)


def test_staircase():
    spec = InverseTimeSpec(peak=0.1, final_ratio=0.25, length=10, staircase=True).resolve()
    assert spec(STEPS) == pytest.approx(0.1 / (1 + 3 * (STEPS // 10)), rel=1e-13)


def test_the_run_ends_at_the_final_ratio():
    assert InverseTimeSpec(peak=0.1).resolve(777)(777) == pytest.approx(0.001, rel=1e-13)
