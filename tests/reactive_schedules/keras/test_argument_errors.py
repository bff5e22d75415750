"""Every wrong argument is named, with its value and what is allowed."""

from math import inf, nan

import keras
import numpy as np
import pytest

import reactive_schedules as rs
from reactive_schedules import Constant, Cosine, Scaled, Sequence, Warmup

POSITIVE = r"must be a number in \(0, inf\)"
SHARE = r"must be a number in \[0, 1\]"


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("Constant", {"peak": -0.1}, f"^peak: {POSITIVE}; got -0.1$"),
        ("Constant", {"peak": 0}, f"^peak: {POSITIVE}; got 0$"),
        ("Constant", {"peak": nan}, f"^peak: {POSITIVE}; got nan$"),
        ("Constant", {"peak": inf}, f"^peak: {POSITIVE}; got inf$"),
        ("Constant", {"peak": None}, f"^peak: {POSITIVE}; got None$"),
        ("Constant", {"peak": True}, f"^peak: {POSITIVE}; got True$"),
        ("Constant", {"peak": "fast"}, f"^peak: {POSITIVE}; got 'fast'$"),
        ("Constant", {"peak": 1, "warmup_start": 2}, f"^warmup_start: {SHARE}; got 2$"),
        (
            "Constant",
            {"peak": 1, "warmup": 5, "warmup_shape": "constant"},
            r"^warmup_start: must be in \(0, 1\]",
        ),
        ("Constant", {"peak": 1, "warmup": -5}, r"^warmup: must be a duration in \[0, 1e\+15\]; got -5$"),
        ("Constant", {"peak": 1, "warmup": "5ep"}, r"^warmup: '5ep' needs a horizon"),
        (
            "Constant",
            {"peak": 1, "warmup": 101, "horizon": 100},
            "^warmup: must be shorter than the 100 available steps",
        ),
        ("Constant", {"peak": 1, "warmpu": 5}, r"^warmpu: unknown key; did you mean warmup\?"),
        ("Linear", {"peak": 1, "horizon": 10, "final_ratio": 1.1}, f"^final_ratio: {SHARE}; got 1.1$"),
        ("Linear", {"peak": 1, "horizon": 10, "final_ratio": nan}, f"^final_ratio: {SHARE}; got nan$"),
        ("Cosine", {"peak": 1}, "^length: is missing; set it in steps, or pass a horizon$"),
        ("Cosine", {"peak": 1, "length": 0}, r"^length: must be in \[1, inf\) steps; got 0$"),
        ("Cosine", {"peak": 1, "length": "30%"}, "^length: '30%' needs a horizon"),
        ("Polynomial", {"peak": 1, "length": 9, "power": 0}, f"^power: {POSITIVE}; got 0$"),
        ("REX", {"peak": 1, "length": 9, "warmup": "9ex 3st"}, "^warmup: must have a single unit"),
        (
            "Exponential",
            {"peak": 1, "length": 9, "final_ratio": 0},
            r"^final_ratio: must be a number in \(0, 1\]",
        ),
        (
            "InverseTime",
            {"peak": 1, "length": 9, "final_ratio": 2},
            r"^final_ratio: must be a number in \(0, 1\]",
        ),
        (
            "Piecewise",
            {"peak": 1, "boundaries": [5, 5], "ratios": [1, 0.5, 0]},
            r"strictly increasing.*\[5, 5\]$",
        ),
        (
            "Piecewise",
            {"peak": 1, "boundaries": [5], "ratios": [1]},
            "^ratios: must have 2 entries.*; got 1$",
        ),
        (
            "Piecewise",
            {"peak": 1, "boundaries": [5], "ratios": [0.5, 0.1]},
            "^ratios: must have 1, the peak, as the largest entry",
        ),
        ("Piecewise", {"peak": 1, "boundaries": [5], "ratios": [1, -1]}, f"^ratios.1: {SHARE}; got -1$"),
        (
            "Piecewise",
            {"peak": 1, "boundaries": [5], "ratios": [1, 0], "warmup": 6},
            r"^warmup: must end by the first boundary, in \[0, 5\] steps",
        ),
        ("CosineRestarts", {"peak": 1, "period": 0}, r"^period: must be in \[1, inf\) steps; got 0$"),
        (
            "CosineRestarts",
            {"peak": 1, "period": 5, "growth": 0},
            r"^growth: must be an integer in \[1, 1000000\]",
        ),
        (
            "CosineRestarts",
            {"peak": 1, "period": 5, "growth": 1.5},
            r"^growth: must be an integer .* got 1.5$",
        ),
        ("Cyclical", {"peak": 1, "step_size": 0}, r"^step_size: must be in \[1, inf\) steps; got 0$"),
        ("Cyclical", {"peak": 1, "step_size": 5, "final_ratio": 1.2}, f"^final_ratio: {SHARE}; got 1.2$"),
        (
            "Cyclical",
            {"peak": 1, "step_size": 5, "gamma": 0},
            r"^gamma: must be a number in \(0, 1\]; got 0$",
        ),
        ("Cyclical", {"peak": 1, "step_size": 5, "gamma": 1.01}, r"^gamma: must be a number in \(0, 1\]"),
        (
            "Cyclical",
            {"peak": 1, "step_size": 5, "scale_by": "step"},
            "^scale_by: applies only to registered scale",
        ),
        ("OneCycle", {"peak": 1}, "^warmup: '30%' needs a horizon"),
        ("OneCycle", {"peak": 1, "warmup": 0, "length": 9}, r"^warmup: must be in \[1, inf\) steps; got 0$"),
        (
            "OneCycle",
            {"peak": 1, "warmup": 10, "horizon": 10},
            "^warmup: must be shorter than the 10 available steps",
        ),
        (
            "OneCycle",
            {"peak": 1, "warmup": 9, "length": 9, "three_phase": True},
            r"^length: must be in \[10, inf\)",
        ),
        (
            "WarmupStableDecay",
            {"peak": 1, "decay": 200, "horizon": 100},
            r"^decay: must be in \[1, 95\].*got 200$",
        ),
        (
            "WarmupStableDecay",
            {"peak": 1, "decay": 0, "horizon": 100},
            r"^decay: must be in \[1, 95\].*got 0$",
        ),
        ("WarmupStableDecay", {"peak": 1, "tail": "sqrt"}, "^tail: must be one of .*; got 'sqrt'$"),
        ("InverseSquareRoot", {"peak": 1, "warmup": 0}, r"^warmup: must be in \[1, inf\) steps; got 0$"),
    ],
)
def test_families(name, arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        getattr(rs, name)(**arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("horizon", [0, -5, True, 1.5, "100"])
def test_horizons(horizon):
    message = r"^horizon: must be a Horizon, or a number of steps in \[1, 1e\+15\]; got "
    for make in (
        lambda: Cosine(1, horizon=horizon),
        lambda: Warmup(Constant(1), 5, horizon=horizon),
        lambda: Sequence([Constant(1), Constant(2)], [5], horizon=horizon),
    ):
        with pytest.raises(ValueError, match=message):
            make()


def test_every_fault_has_its_line():
    with pytest.raises(ValueError, match="peak") as caught:
        Cosine(-1, final_ratio=3, length="soon")
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "peak",
        "final_ratio",
        "length",
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Warmup(0.1, 5),
            "^schedule: must be a keras.optimizers.schedules.LearningRateSchedule.*got 0.1$",
        ),
        (lambda: Warmup(Constant(1), 0), r"^steps: must be in \[1, inf\) steps; got 0$"),
        (lambda: Warmup(Constant(1), "5ep"), "^steps: '5ep' needs a horizon"),
        (lambda: Warmup(Constant(1), 10, horizon=10), "^steps: must be shorter than the horizon of 10 steps"),
        (
            lambda: Warmup(Constant(1), 5, shape="sine"),
            "^shape: must be one of 'linear', 'exponential', 'constant'",
        ),
        (
            lambda: Warmup(Constant(1), 5, shape="exponential"),
            r"^start: must be in \(0, 1\] with an exponential",
        ),
        (lambda: Warmup(Constant(1), 5, start=-1), f"^start: {SHARE}; got -1$"),
        (lambda: Sequence([Constant(1)], []), "^boundaries: must have one entry fewer"),
        (
            lambda: Sequence([Constant(1), Constant(2)], [5, 6]),
            "^boundaries: .* got 2 boundaries and 2 parts$",
        ),
        (
            lambda: Sequence([Constant(1), Constant(2), Constant(3)], [6, 5]),
            r"strictly increasing.*\[6, 5\]$",
        ),
        (lambda: Sequence([Constant(1), 0.5], [5]), "^parts.1: must be a keras"),
        (lambda: Sequence([Constant(1), Constant(2)], ["5%"]), "^boundaries: '5%' needs a horizon"),
        (
            lambda: Sequence([Constant(1), Constant(2)], ["100%"], horizon=50),
            r"^boundaries: must be below the horizon of 50 steps; got \[50\]$",
        ),
        (
            lambda: Sequence([Constant(1), Constant(2)], "50%", horizon=100),
            "^boundaries: must be a list; got '50%'$",
        ),
        (lambda: Sequence([Constant(1), Constant(2)], 50), "^boundaries: must be a list; got 50$"),
        (lambda: Sequence(Constant(1), [50]), "^parts: must be a list; got "),
        (lambda: Scaled(Constant(1), -0.5), r"^by: must be a number in \[0, inf\); got -0.5$"),
        (lambda: Scaled(Constant(1), nan), r"^by: must be a number in \[0, inf\); got nan$"),
        (lambda: Scaled("constant", 1), "^schedule: must be a keras"),
        (lambda: rs.InverseSquareRoot.noam(0), r"^width: must be an integer in \[1, 1000000000\]; got 0$"),
    ],
)
def test_compositions(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_numpy_numbers_are_numbers():
    config = Cosine(np.float32(0.5), length=np.int64(10)).get_config()
    assert (config["peak"], config["length"]) == (0.5, 10)
    assert type(config["length"]) is int


def test_errors_come_before_any_training():
    with pytest.raises(ValueError, match="warmup: must be shorter"):
        keras.optimizers.SGD(rs.OneCycle(0.1, warmup=2000, horizon=1000))
