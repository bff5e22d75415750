import numpy as np
import pytest

from reactive_schedules.families.inverse_sqrt import InverseSquareRootSpec


def test_equals_the_transformers_formula():
    width, warmup = 512, 4000
    steps = np.arange(1, 100_000, 13)
    noam = width**-0.5 * np.minimum(steps**-0.5, steps * warmup**-1.5)
    spec = InverseSquareRootSpec(peak=(width * warmup) ** -0.5, warmup=warmup).resolve()
    assert spec(steps) == pytest.approx(noam, rel=1e-12)


def test_quarters_after_sixteen_times_the_warm_up():
    assert InverseSquareRootSpec(peak=1, warmup=100).resolve()([100, 400, 1600]).tolist() == [1, 0.5, 0.25]
