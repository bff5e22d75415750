from math import cos, pi, sqrt

import numpy as np
import pytest

from reactive_schedules.families.warmup_stable_decay import WarmupStableDecaySpec

TAILS = {
    "linear": lambda u: 1 - u,
    "cosine": lambda u: (1 + cos(pi * u)) / 2,
    "1-sqrt": lambda u: 1 - sqrt(u),
}


@pytest.mark.parametrize("tail", TAILS)
def test_three_parts(tail):
    spec = WarmupStableDecaySpec(peak=2, warmup="5%", decay="20%", final_ratio=0.1, tail=tail).resolve(200)
    assert spec(np.arange(0, 10)) == pytest.approx(2 * np.arange(0, 10) / 10)
    assert spec(np.arange(10, 161)).tolist() == [2.0] * 151
    for step in range(160, 230):
        u = min((step - 160) / 40, 1)
        assert spec(step) == pytest.approx(2 * (0.1 + 0.9 * TAILS[tail](u)), rel=1e-12)


def test_the_plateau_does_not_depend_on_the_end():
    short, long = (WarmupStableDecaySpec(peak=1, warmup=10, decay=50).resolve(n) for n in (500, 900))
    assert short(np.arange(450)).tolist() == long(np.arange(450)).tolist()


def test_without_a_warm_up():
    assert WarmupStableDecaySpec(peak=1, warmup=0, decay=5).resolve(10)([0, 5, 10]).tolist() == [1, 1, 0]
