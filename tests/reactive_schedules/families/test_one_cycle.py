from math import cos, pi

import numpy as np
import pytest

from reactive_schedules.families.one_cycle import OneCycleSpec

STEPS = np.arange(0, 120)


def interpolate(start, end, share, anneal):
    if anneal == "linear":
        return start + (end - start) * share
    return end + (start - end) * (1 + cos(pi * share)) / 2


@pytest.mark.parametrize("anneal", ["cosine", "linear"])
def test_two_phases(anneal):
    spec = OneCycleSpec(peak=1, warmup="30%", warmup_start=0.04, final_ratio=0.001, anneal=anneal).resolve(
        100
    )
    for step in STEPS:
        if step < 30:
            expected = interpolate(0.04, 1, step / 30, anneal)
        else:
            expected = interpolate(1, 0.001, min((step - 30) / 70, 1), anneal)
        assert spec(step) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("anneal", ["cosine", "linear"])
def test_three_phases(anneal):
    spec = OneCycleSpec(peak=1, warmup=30, final_ratio=0.001, anneal=anneal, three_phase=True).resolve(100)
    for step in STEPS:
        if step < 30:
            expected = interpolate(0.04, 1, step / 30, anneal)
        elif step < 60:
            expected = interpolate(1, 0.04, (step - 30) / 30, anneal)
        else:
            expected = interpolate(0.04, 0.001, min((step - 60) / 40, 1), anneal)
        assert spec(step) == pytest.approx(expected, rel=1e-12)


def test_landmarks():
    assert OneCycleSpec(peak=1).resolve(100).landmarks == [("peak", 30), ("decay ends", 100)]
    assert ("back at start", 60) in OneCycleSpec(peak=1, three_phase=True).resolve(100).landmarks


def test_a_final_rate_above_the_start_is_reached():
    spec = OneCycleSpec(peak=1, warmup=10, warmup_start=0.1, final_ratio=0.5, three_phase=True).resolve(40)
    assert spec([0, 10, 20, 40]) == pytest.approx([0.1, 1, 0.1, 0.5])
