import numpy as np
import pytest

from reactive_schedules.errors import SpecError
from reactive_schedules.families.tanh import TanhSpec


def test_the_papers_formula():
    t = np.arange(501) / 500
    rates = TanhSpec(peak=0.7, final_ratio=0.2).resolve(500)(np.arange(501))
    assert rates == pytest.approx(0.7 * (0.2 + 0.4 * (1 - np.tanh(-6 + 9 * t))), rel=1e-13)


def test_half_way_is_where_the_argument_is_0():
    assert TanhSpec(peak=1, lower=-1, upper=3).resolve(100)(25) == pytest.approx(0.5)


def test_the_bounds_are_in_order():
    with pytest.raises(SpecError, match=r"^upper: must be a number in \(0, 20\]; got -6"):
        TanhSpec(peak=1, upper=-6)
