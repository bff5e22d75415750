import numpy as np
import pytest

from reactive_schedules.families.constant import ConstantSpec


def test_is_the_peak_everywhere():
    assert ConstantSpec(peak=0.3).resolve()(np.arange(5)).tolist() == [0.3] * 5


@pytest.mark.parametrize(
    ("shape", "start", "rates"),
    [
        ("linear", 0.0, [0.0, 0.1, 0.2, 0.3, 0.4, 0.4]),
        ("linear", 0.5, [0.2, 0.25, 0.3, 0.35, 0.4, 0.4]),
        ("exponential", 1 / 16, [0.025, 0.05, 0.1, 0.2, 0.4, 0.4]),
        ("constant", 0.25, [0.1, 0.1, 0.1, 0.1, 0.4, 0.4]),
    ],
)
def test_warm_up(shape, start, rates):
    spec = ConstantSpec(peak=0.4, warmup=4, warmup_shape=shape, warmup_start=start).resolve()
    assert spec(np.arange(6)) == pytest.approx(rates, rel=1e-14)
