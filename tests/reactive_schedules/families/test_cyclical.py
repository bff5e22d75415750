import numpy as np
import pytest

from reactive_schedules.families.cycle_scale import cycle_scale
from reactive_schedules.families.cyclical import CyclicalSpec

BASE, PEAK, SIZE = 0.001, 0.006, 2000  # the paper's CIFAR-10 values
STEPS = np.arange(0, 20_000, 7)


def papers_code(step, scale=lambda cycle: 1.0):
    """arXiv 1506.01186, section 3.1, in its own words."""
    cycle = np.floor(1 + step / (2 * SIZE))
    x = np.abs(step / SIZE - 2 * cycle + 1)
    return BASE + (PEAK - BASE) * np.maximum(0, 1 - x) * scale(cycle)


def spec(**arguments):
    return CyclicalSpec(peak=PEAK, final_ratio=BASE / PEAK, step_size=SIZE, **arguments).resolve()


def test_triangular():
    assert spec()(STEPS) == pytest.approx(papers_code(STEPS), rel=1e-12)


def test_boundaries_are_exact():
    assert spec()([0, 2000, 4000, 6000]) == pytest.approx([BASE, PEAK, BASE, PEAK], rel=1e-15)


def test_triangular2_halves_every_cycle():
    assert spec(scale="triangular2")(STEPS) == pytest.approx(
        papers_code(STEPS, lambda cycle: 0.5 ** (cycle - 1)), rel=1e-12
    )


def test_exp_range_decays_both_bounds_as_in_the_paper():
    rates = spec(scale="exp_range", gamma=0.9999)(STEPS)
    assert rates == pytest.approx(0.9999**STEPS * papers_code(STEPS), rel=1e-11)
    assert spec(scale="exp_range", gamma=0.9999)(16_000) < BASE / 4


def test_exp_range_amplitude_keeps_the_base():
    rates = spec(scale="exp_range_amplitude", gamma=0.9999)(STEPS)
    assert rates == pytest.approx(BASE + 0.9999**STEPS * (papers_code(STEPS) - BASE), rel=1e-11)
    assert spec(scale="exp_range_amplitude", gamma=0.9999)(16_000) == pytest.approx(BASE)


@cycle_scale("test: a fifth per cycle")
def fifth_per_cycle(x, ops):
    return ops.power(0.2, x)


@cycle_scale("test: inverse square root of the step")
def inverse_root(x, ops):
    return 1 / ops.sqrt(1 + x)


def test_a_registered_function_of_the_cycle():
    assert spec(scale="test: a fifth per cycle")([2000, 6000, 10_000]) == pytest.approx(
        [BASE + (PEAK - BASE) * f for f in (1, 0.2, 0.04)], rel=1e-12
    )


def test_a_registered_function_of_the_step():
    assert spec(scale="test: inverse square root of the step", scale_by="step")(
        [2000, 6000]
    ) == pytest.approx([BASE + (PEAK - BASE) / np.sqrt(1 + s) for s in (2000, 6000)], rel=1e-12)


@pytest.mark.parametrize("name", ["triangular2", "exp_range", "test: a fifth per cycle"])
def test_a_name_is_taken_once(name):
    with pytest.raises(ValueError, match="is already registered"):
        cycle_scale(name)(inverse_root)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="triangular, triangular2, exp_range, exp_range_amplitude"):
        spec(scale="sawtooth")
