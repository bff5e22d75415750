import numpy as np
import pytest

from reactive_schedules.errors import SpecError
from reactive_schedules.families import FAMILIES

STEPS = np.arange(1001)
SHAPES = {
    "linear": lambda t: 1 - t,
    "cosine": lambda t: (1 + np.cos(np.pi * t)) / 2,
    "polynomial": lambda t: (1 - t) ** 2,
    "rex": lambda t: (1 - t) / (1 - t / 2),
    "tanh": lambda t: (1 - np.tanh(-6 + 9 * t)) / 2,
}


def decay(family, **fields):
    return FAMILIES[family].parse({"peak": 1, **fields}).resolve(1000)(STEPS)


@pytest.mark.parametrize("k", [0.3, 1.5, 4])
@pytest.mark.parametrize("family", SHAPES)
def test_the_done_share_is_raised_to_the_power(family, k):
    assert decay(family, k_decay=k) == pytest.approx(SHAPES[family]((STEPS / 1000) ** k), abs=1e-12)


@pytest.mark.parametrize("family", SHAPES)
def test_above_1_the_rate_stays_high_for_longer(family):
    assert (decay(family, k_decay=1.5) >= decay(family)).all()
    assert (decay(family, k_decay=0.5) <= decay(family)).all()


@pytest.mark.parametrize("k", [0, -1, 101])
def test_it_is_positive(k):
    with pytest.raises(SpecError, match=r"^k_decay: must be a number in \(0, 100\]"):
        FAMILIES["linear"].parse({"peak": 1, "k_decay": k})
