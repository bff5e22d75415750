from math import cos, pi

import numpy as np
import pytest

from reactive_schedules.families.cosine import CosineSpec


def test_the_papers_equation_5():
    n, low, high = 1000, 0.003, 0.3
    steps = np.arange(n + 1)
    expected = [low + (high - low) * (1 + cos(pi * s / n)) / 2 for s in steps]
    assert CosineSpec(peak=high, final_ratio=0.01).resolve(n)(steps) == pytest.approx(expected, rel=1e-12)


def test_the_last_steps_do_not_cancel():
    # One step before the end: (π / 2n)², whose relative error would be about 1 by way of 1 + cos.
    n = 10_000_000
    assert CosineSpec(peak=1).resolve(n)(n - 1) == pytest.approx((pi / 2 / n) ** 2, rel=1e-12)


def test_stays_at_the_final_rate():
    assert CosineSpec(peak=1, final_ratio=0.25).resolve(10)([10, 11, 10**12]).tolist() == [0.25] * 3
