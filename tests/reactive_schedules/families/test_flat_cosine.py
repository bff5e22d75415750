import numpy as np
import pytest

from reactive_schedules.errors import SpecError
from reactive_schedules.families.flat_cosine import FlatCosineSpec
from reactive_schedules.families.warmup_stable_decay import WarmupStableDecaySpec


def test_flat_then_half_a_cosine():
    rates = FlatCosineSpec(peak=2, flat="75%", final_ratio=0.1).resolve(400)(np.arange(450))
    assert rates[:301].tolist() == [2.0] * 301
    assert rates[300:401] == pytest.approx(2 * (0.1 + 0.45 * (1 + np.cos(np.pi * np.arange(101) / 100))))
    assert rates[400:] == pytest.approx(0.2)


def test_it_is_the_stable_phase_and_the_cosine_tail():
    flat = FlatCosineSpec(peak=1, warmup=20, flat=60).resolve(100)
    tail = WarmupStableDecaySpec(peak=1, warmup=20, decay=20, tail="cosine").resolve(100)
    assert flat(np.arange(120)) == pytest.approx(tail(np.arange(120)), rel=1e-14)


def test_a_peak_that_leaves_no_decay_is_refused():
    with pytest.raises(
        SpecError, match=r"^flat: must be shorter than the 90 steps of the length .*; got 90$"
    ):
        FlatCosineSpec(peak=1, warmup="10%", flat="90%").resolve(100)
