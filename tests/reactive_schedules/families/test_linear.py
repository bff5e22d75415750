import numpy as np
import pytest

from reactive_schedules.families.linear import LinearSpec


@pytest.mark.parametrize(
    ("step", "rate"), [(0, 0.5), (25, 0.4), (50, 0.3), (99, 0.104), (100, 0.1), (101, 0.1), (10**9, 0.1)]
)
def test_a_straight_line(step, rate):
    assert LinearSpec(peak=0.5, final_ratio=0.2).resolve(100)(step) == pytest.approx(rate, rel=1e-14)


def test_ends_with_the_run_after_a_warm_up():
    rates = LinearSpec(peak=1, warmup="10%").resolve(100)(np.array([0, 5, 10, 55, 100]))
    assert rates == pytest.approx([0, 0.5, 1, 0.5, 0], rel=1e-14)
