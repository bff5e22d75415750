import numpy as np
import pytest

from reactive_schedules.duration import Horizon
from reactive_schedules.errors import SpecError
from reactive_schedules.families.inverse_sqrt import InverseSquareRootSpec
from reactive_schedules.families.power import PowerFormula, PowerSpec


def test_the_papers_formula():
    """min(η_max, β a n^b) for batches of β tokens, after a linear warm-up, with a = 4.6 and b = −0.51."""
    highest, batch, a, b = 0.02, 128, 4.6, -0.51
    hold = round((highest / (batch * a)) ** (1 / b) / batch)
    spec = PowerSpec(peak=highest, warmup=100, hold=hold, exponent=-b, decay=0).resolve(60_000)
    steps = np.arange(100, 60_000)
    paper = np.minimum(highest, batch * a * (steps * batch) ** b)
    assert hold > 1000
    assert spec(steps) == pytest.approx(paper, rel=1e-3)  # the hold is a whole number of steps
    assert spec(np.arange(100)) == pytest.approx(highest * np.arange(100) / 100)


def test_with_an_exponent_of_a_half_it_is_the_inverse_square_root():
    power = PowerSpec(peak=0.3, warmup=50, hold=50, exponent=0.5, decay=0).resolve(1000)
    root = InverseSquareRootSpec(peak=0.3, warmup=50).resolve(1000)
    assert power(np.arange(2000)) == pytest.approx(root(np.arange(2000)), rel=1e-14)


def test_the_tail_is_a_straight_line_from_the_power_law():
    rates = PowerSpec(peak=1, warmup=0, hold=25, exponent=0.5, decay=300, final_ratio=0.05).resolve(400)
    assert rates([0, 25, 100, 250, 400, 500]) == pytest.approx([1, 1, 0.5, 0.275, 0.05, 0.05])


def test_only_the_tail_depends_on_the_length():
    spec = PowerSpec(peak=1, warmup="1ep", hold="50000ex", decay=50)
    short, long = (spec.resolve(Horizon(100, epochs, 100)) for epochs in (8, 20))
    assert isinstance(short, PowerFormula)
    assert short.hold == 500
    assert short(np.arange(750)).tolist() == long(np.arange(750)).tolist()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"warmup": 20, "hold": 10}, r"hold: must be in \[20, inf\) steps, not below the warm-up; got 10"),
        ({"warmup": 0, "hold": 0}, r"hold: must be in \[1, inf\) steps"),
        ({"warmup": 10, "hold": 10, "decay": 91}, r"decay: must be in \[0, 90\] steps"),
        ({"warmup": 0, "hold": 9, "exponent": 1, "final_ratio": 0.2}, r"final_ratio: must be in \[0, 0.1\]"),
    ],
)
def test_what_does_not_fit_is_refused(fields, fault):
    with pytest.raises(SpecError, match=f"^{fault}"):
        PowerSpec(peak=1, **fields).resolve(100)
