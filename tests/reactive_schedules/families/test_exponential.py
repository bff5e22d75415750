import numpy as np
import pytest

from reactive_schedules.families.exponential import ExponentialSpec

STEPS = np.arange(0, 400)


def test_smooth():
    spec = ExponentialSpec(peak=0.1, final_ratio=0.96, length=10).resolve()
    assert spec(STEPS) == pytest.approx(0.1 * 0.96 ** (STEPS / 10), rel=1e-13)


def test_staircase_changes_exactly_at_multiples():
    spec = ExponentialSpec(peak=0.1, final_ratio=0.1, length=30, staircase=True).resolve()
    rates = [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]
    assert spec([0, 29, 30, 59, 60, 89]) == pytest.approx(rates, rel=1e-13)


def test_the_run_ends_at_the_final_ratio():
    assert ExponentialSpec(peak=0.1).resolve(777)(777) == pytest.approx(0.001, rel=1e-13)
    assert ExponentialSpec(peak=0.1, warmup=77).resolve(777)(777) == pytest.approx(0.001, rel=1e-13)


def test_a_ratio_of_1_is_constant():
    assert ExponentialSpec(peak=0.1, final_ratio=1).resolve(10)(STEPS).tolist() == [0.1] * len(STEPS)
