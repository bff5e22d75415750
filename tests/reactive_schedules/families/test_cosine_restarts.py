from math import cos, pi

import numpy as np
import pytest

from reactive_schedules.families.cosine_restarts import CosineRestartsSpec


def expected(step, period, growth, ratio, final):
    cycle, start, length = 0, 0, period
    while step >= start + length:
        cycle, start, length = cycle + 1, start + length, length * growth
    return final + (1 - final) * ratio**cycle * (1 + cos(pi * (step - start) / length)) / 2


@pytest.mark.parametrize(
    ("period", "growth", "ratio", "final"), [(10, 1, 1, 0), (7, 1, 0.5, 0.1), (10, 2, 0.9, 0)]
)
def test_the_papers_equation_5(period, growth, ratio, final):
    steps = np.arange(3000)
    spec = CosineRestartsSpec(
        peak=1, period=period, growth=growth, cycle_ratio=ratio, final_ratio=final
    ).resolve()
    assert spec(steps) == pytest.approx([expected(s, period, growth, ratio, final) for s in steps], abs=1e-14)


@pytest.mark.parametrize("growth", [2, 3, 10])
def test_restarts_fall_on_the_exact_step_up_to_ten_million(growth):
    spec = CosineRestartsSpec(peak=1, period=10, growth=growth).resolve()
    start, length = 0, 10
    while start < 10_000_000:
        assert spec(start) == 1
        assert spec(start + length - 1) < 0.03
        start, length = start + length, length * growth
