import numpy as np
import pytest

from reactive_schedules.families.linear import LinearSpec
from reactive_schedules.families.rex import REXSpec


def test_the_papers_formula():
    t = np.linspace(0, 1, 101)
    assert REXSpec(peak=0.7).resolve(100)(np.arange(101)) == pytest.approx(
        0.7 * (1 - t) / (1 - t / 2), abs=1e-15
    )


def test_lies_above_the_straight_line():
    steps = np.arange(1, 1000)
    assert (REXSpec(peak=1).resolve(1000)(steps) > LinearSpec(peak=1).resolve(1000)(steps)).all()


def test_half_way_is_two_thirds():
    assert REXSpec(peak=0.3).resolve(10)(5) == pytest.approx(0.2)
