import numpy as np
import pytest

from reactive_schedules.families.coslog import CosLogSpec


@pytest.mark.parametrize("cycles", [1, 2, 4, 9])
def test_the_papers_formula(cycles):
    t = np.arange(801) / 800
    expected = (1 - np.cos(2 * np.pi * np.log2(1 + (2**cycles - 1) * t))) / 2
    rates = CosLogSpec(peak=0.7, final_ratio=0.1, cycles=cycles).resolve(800)(np.arange(801))
    assert rates == pytest.approx(0.7 * (0.1 + 0.9 * expected), abs=1e-13)


def test_each_wave_is_twice_as_long_as_the_one_before():
    formula = CosLogSpec(peak=1, warmup=10).resolve(1510)
    assert [at for _, at in formula.landmarks] == [10, 110, 310, 710, 1510]
    assert formula([110, 310, 710, 1510, 9999]).tolist() == [0, 0, 0, 0, 0]
