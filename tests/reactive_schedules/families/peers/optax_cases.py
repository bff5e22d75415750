"""optax' schedules and the families that give the same rates."""

from collections.abc import Callable

import numpy

from tests.reactive_schedules.families.peers.case import STEPS, Case


def _optax(make: Callable) -> Callable[[], numpy.ndarray]:
    """Rates of the schedule that `make(optax)` returns, in float32."""

    def rates() -> numpy.ndarray:
        import jax
        import optax

        return numpy.asarray(jax.vmap(make(optax))(numpy.arange(STEPS)), dtype="float32")

    return rates


OPTAX = {
    "constant": Case(
        "optax", {"family": "constant"}, _optax(lambda x: lambda _: x.constant_schedule(0.1)(0))
    ),
    "linear": Case(
        "optax",
        {"family": "linear", "length": 1500, "final_ratio": 0.1},
        _optax(lambda x: x.linear_schedule(0.1, 0.01, 1500)),
    ),
    "exponential": Case(
        "optax",
        {"family": "exponential", "length": 400, "final_ratio": 0.5},
        _optax(lambda x: x.exponential_decay(0.1, transition_steps=400, decay_rate=0.5)),
    ),
    "staircase": Case(
        "optax",
        {"family": "exponential", "length": 400, "final_ratio": 0.5, "staircase": True},
        _optax(lambda x: x.exponential_decay(0.1, transition_steps=400, decay_rate=0.5, staircase=True)),
    ),
    "piecewise": Case(
        "optax",
        {"family": "piecewise", "boundaries": [600, 1200], "ratios": [1, 0.2, 0.02]},
        _optax(lambda x: x.piecewise_constant_schedule(0.1, {600: 0.2, 1200: 0.1})),
    ),
    "polynomial": Case(
        "optax",
        {"family": "polynomial", "length": 1500, "power": 3.0, "final_ratio": 0.05},
        _optax(lambda x: x.polynomial_schedule(0.1, 0.005, power=3.0, transition_steps=1500)),
    ),
    "cosine": Case(
        "optax",
        {"family": "cosine", "length": 1500, "final_ratio": 0.05},
        _optax(lambda x: x.cosine_decay_schedule(0.1, 1500, alpha=0.05)),
    ),
    "cosine warmed": Case(
        "optax",
        {"family": "cosine", "warmup": 300, "warmup_start": 0.1, "length": 1200, "final_ratio": 0.05},
        _optax(lambda x: x.warmup_cosine_decay_schedule(0.01, 0.1, 300, 1500, end_value=0.005)),
    ),
    "exponential warmed": Case(
        "optax",
        {"family": "exponential", "warmup": 300, "length": 400, "final_ratio": 0.5},
        _optax(lambda x: x.warmup_exponential_decay_schedule(0.0, 0.1, 300, 400, decay_rate=0.5)),
    ),
    "cosine_restarts": Case(
        "optax",
        {"family": "cosine_restarts", "period": 400},
        _optax(
            lambda x: x.sgdr_schedule(
                [{"init_value": 0.1, "peak_value": 0.1, "warmup_steps": 0, "decay_steps": 400}] * 5
            )
        ),
    ),
    "one_cycle": Case(
        "optax",
        {"family": "one_cycle", "warmup": 600, "length": 1400},
        _optax(lambda x: x.cosine_onecycle_schedule(2000, 0.1)),
    ),
    # optax' three phases: back at the start at pct_final, here twice pct_start.
    "one_cycle three phases": Case(
        "optax",
        {
            "family": "one_cycle",
            "warmup": 600,
            "length": 1400,
            "anneal": "linear",
            "three_phase": True,
            "final_ratio": 4e-6,
        },
        _optax(
            lambda x: x.linear_onecycle_schedule(
                2000, 0.1, pct_start=0.3, pct_final=0.6, final_div_factor=1e4
            )
        ),
    ),
    "sequence": Case(
        "optax",
        {
            "family": "sequence",
            "parts": [{"family": "linear", "peak": 0.1, "length": 500}, {"family": "constant", "peak": 0.03}],
            "boundaries": [700],
        },
        _optax(
            lambda x: x.join_schedules([x.linear_schedule(0.1, 0.0, 500), x.constant_schedule(0.03)], [700])
        ),
    ),
}
