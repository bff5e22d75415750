import pytest

from reactive_schedules.duration import Horizon
from reactive_schedules.families.piecewise import PiecewiseSpec


def test_wide_resnets_schedule():
    # arXiv 1605.07146: ×0.2 at epochs 60, 120 and 160 of 200.
    spec = PiecewiseSpec(peak=0.1, boundaries=["60ep", "120ep", "160ep"], ratios=[1, 0.2, 0.04, 0.008])
    rates = spec.resolve(Horizon(391, 200, 128))(
        [0, 60 * 391 - 1, 60 * 391, 120 * 391, 160 * 391 - 1, 160 * 391]
    )
    assert rates == pytest.approx([0.1, 0.1, 0.02, 0.004, 0.004, 0.0008])


def test_boundaries_count_from_step_0_also_after_a_warm_up():
    spec = PiecewiseSpec(peak=1, warmup=10, boundaries=[20], ratios=[1, 0.5]).resolve()
    assert spec([0, 5, 10, 19, 20, 21]).tolist() == [0, 0.5, 1, 1, 0.5, 0.5]


def test_a_warm_up_rises_to_the_first_rate_only():
    spec = PiecewiseSpec(peak=1, warmup=2, boundaries=[4], ratios=[0.1, 1]).resolve()
    assert spec([0, 1, 2, 3, 4]).tolist() == [0, 0.05, 0.1, 0.1, 1]
