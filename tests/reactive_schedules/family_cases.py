"""One or more schedules of every family, as specs and as formulas, for the tests that hold for all of them."""

from reactive_schedules.families import FAMILIES, Family

RUN = 1000  # steps

_ARGUMENTS: dict[str, dict] = {
    "constant": {"family": "constant"},
    "constant warmed": {"family": "constant", "warmup": 10},
    "linear": {"family": "linear", "final_ratio": 0.1},
    "linear warmed": {"family": "linear", "warmup": "5%", "warmup_start": 0.1, "warmup_shape": "exponential"},
    "exponential": {"family": "exponential", "final_ratio": 0.02},
    "exponential staircase": {"family": "exponential", "length": 90, "final_ratio": 0.8, "staircase": True},
    "inverse_time": {"family": "inverse_time", "warmup": 7},
    "inverse_time staircase": {"family": "inverse_time", "length": 70, "final_ratio": 0.5, "staircase": True},
    "piecewise": {"family": "piecewise", "warmup": 20},
    "polynomial": {"family": "polynomial", "power": 1.7, "final_ratio": 0.01},
    "cosine": {"family": "cosine", "warmup": "10%"},
    "cosine_restarts": {"family": "cosine_restarts", "cycle_ratio": 0.7, "final_ratio": 0.01},
    "cosine_restarts growing": {"family": "cosine_restarts", "period": 30, "growth": 2},
    "cyclical triangular": {"family": "cyclical", "step_size": 40},
    "cyclical triangular2": {"family": "cyclical", "step_size": 40, "scale": "triangular2"},
    "cyclical exp_range": {"family": "cyclical", "step_size": 40, "scale": "exp_range", "gamma": 0.999},
    "cyclical amplitude": {
        "family": "cyclical",
        "step_size": 40,
        "scale": "exp_range_amplitude",
        "gamma": 0.999,
    },
    "one_cycle": {"family": "one_cycle"},
    "one_cycle linear": {"family": "one_cycle", "anneal": "linear", "final_ratio": 0.001},
    "one_cycle three phases": {"family": "one_cycle", "three_phase": True},
    "warmup_stable_decay": {"family": "warmup_stable_decay"},
    "warmup_stable_decay cosine": {"family": "warmup_stable_decay", "tail": "cosine", "final_ratio": 0.05},
    "warmup_stable_decay 1-sqrt": {"family": "warmup_stable_decay", "tail": "1-sqrt"},
    "inverse_sqrt": {"family": "inverse_sqrt"},
    "rex": {"family": "rex", "final_ratio": 0.02},
    "coslog": {"family": "coslog"},
    "coslog warmed": {"family": "coslog", "cycles": 3, "final_ratio": 0.1, "warmup": 12},
    "flat_cosine": {"family": "flat_cosine"},
    "flat_cosine warmed": {"family": "flat_cosine", "warmup": "4%", "flat": "75%", "final_ratio": 0.01},
    "power": {"family": "power"},
    "power without a tail": {"family": "power", "warmup": 0, "hold": 30, "exponent": 0.8, "decay": 0},
    "tanh": {"family": "tanh", "final_ratio": 0.01},
    "linear k-decay": {"family": "linear", "k_decay": 0.4},
    "cosine k-decay": {"family": "cosine", "k_decay": 2.5, "warmup": 30, "final_ratio": 0.02},
    "sequence": {
        "family": "sequence",
        "parts": [
            {"family": "linear", "peak": 0.1, "final_ratio": 0.5},
            {"family": "cyclical", "peak": 0.05, "step_size": 25},
            {"family": "rex", "peak": 0.02},
        ],
        "boundaries": [200, "60%"],
    },
}


# A family that is not above is tested as it is by default.
_ARGUMENTS |= {
    name: {"family": name}
    for name in FAMILIES
    if name not in {each["family"] for each in _ARGUMENTS.values()}
}


def family(arguments: dict) -> Family:
    """An unresolved family from plain data; the peak is 0.1 unless given."""
    peak = {} if arguments["family"] == "sequence" else {"peak": 0.1}
    return FAMILIES[arguments["family"]].parse({**peak, **arguments})


UNRESOLVED = {name: family(arguments) for name, arguments in _ARGUMENTS.items()}
RESOLVED = {name: each.resolve(RUN) for name, each in UNRESOLVED.items()}
