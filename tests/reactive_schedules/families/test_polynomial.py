import numpy as np
import pytest

from reactive_schedules.families.linear import LinearSpec
from reactive_schedules.families.polynomial import PolynomialSpec

STEPS = np.arange(0, 130)


@pytest.mark.parametrize("power", [0.5, 0.9, 2.0, 3.0])
def test_the_poly_policy(power):
    expected = 0.2 * (0.1 + 0.9 * (1 - np.minimum(STEPS, 100) / 100) ** power)
    assert PolynomialSpec(peak=0.2, final_ratio=0.1, power=power).resolve(100)(STEPS) == pytest.approx(
        expected
    )


def test_power_1_is_linear():
    assert PolynomialSpec(peak=1, power=1).resolve(100)(STEPS).tolist() == (
        LinearSpec(peak=1).resolve(100)(STEPS).tolist()
    )
