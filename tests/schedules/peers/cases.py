"""Our families beside the schedules of PyTorch, optax and Hugging Face that give the same rates.

A case is a family's arguments and a function that computes the peer's rates at the first `STEPS` steps. The peers
are imported only when such a function is called.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy

STEPS = 2000
PEAK = 0.1


@dataclass(frozen=True)
class Case:
    """One comparison: `ours` (a family's arguments, in steps) and `rates`, which computes the peer's."""

    peer: str
    ours: dict
    rates: Callable[[], numpy.ndarray]


def _torch(make: Callable, rate: float = PEAK, steps: int = STEPS) -> Callable[[], numpy.ndarray]:
    """Rates of the torch scheduler that `make(optimizer, lr_scheduler)` returns."""

    def rates() -> numpy.ndarray:
        import torch

        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate, momentum=0.9)
        scheduler = make(optimizer, torch.optim.lr_scheduler)
        found = []
        for step in range(steps):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if step + 1 < steps:
                scheduler.step()
        return numpy.array(found)

    return rates


def _hugging_face(name: str, **arguments) -> Callable[[], numpy.ndarray]:
    def make(optimizer, _):
        from transformers import optimization

        return getattr(optimization, f"get_{name}")(optimizer, **arguments)

    return _torch(make)


def _optax(make: Callable) -> Callable[[], numpy.ndarray]:
    """Rates of the schedule that `make(optax)` returns, in float32."""

    def rates() -> numpy.ndarray:
        import jax
        import optax

        return numpy.asarray(jax.vmap(make(optax))(numpy.arange(STEPS)), dtype="float32")

    return rates


TORCH = {
    "warm-up": Case(
        "torch",
        {"family": "constant", "warmup": 300, "warmup_start": 0.25},
        _torch(lambda o, s: s.LinearLR(o, start_factor=0.25, total_iters=300)),
    ),
    "constant warm-up": Case(
        "torch",
        {"family": "constant", "warmup": 300, "warmup_start": 0.25, "warmup_shape": "constant"},
        _torch(lambda o, s: s.ConstantLR(o, factor=0.25, total_iters=300)),
    ),
    "linear": Case(
        "torch",
        {"family": "linear", "length": 1500, "final_ratio": 0.1},
        _torch(lambda o, s: s.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=1500)),
    ),
    "exponential": Case(
        "torch",
        {"family": "exponential", "length": 1, "final_ratio": 0.998},
        _torch(lambda o, s: s.ExponentialLR(o, gamma=0.998)),
    ),
    "staircase": Case(
        "torch",
        {"family": "exponential", "length": 250, "final_ratio": 0.5, "staircase": True},
        _torch(lambda o, s: s.StepLR(o, step_size=250, gamma=0.5)),
    ),
    "piecewise": Case(
        "torch",
        {"family": "piecewise", "boundaries": [600, 1200, 1600], "ratios": [1, 0.2, 0.04, 0.008]},
        _torch(lambda o, s: s.MultiStepLR(o, milestones=[600, 1200, 1600], gamma=0.2)),
    ),
    "polynomial": Case(
        "torch",
        {"family": "polynomial", "length": 1500, "power": 0.9},
        _torch(lambda o, s: s.PolynomialLR(o, total_iters=1500, power=0.9)),
    ),
    "cosine": Case(
        "torch",
        {"family": "cosine", "length": 2000, "final_ratio": 0.01},
        _torch(lambda o, s: s.CosineAnnealingLR(o, T_max=2000, eta_min=0.001)),
    ),
    "cosine_restarts": Case(
        "torch",
        {"family": "cosine_restarts", "period": 130, "final_ratio": 0.01},
        _torch(lambda o, s: s.CosineAnnealingWarmRestarts(o, T_0=130, eta_min=0.001)),
    ),
    "cosine_restarts growing": Case(
        "torch",
        {"family": "cosine_restarts", "period": 70, "growth": 2},
        _torch(lambda o, s: s.CosineAnnealingWarmRestarts(o, T_0=70, T_mult=2)),
    ),
    "cyclical triangular": Case(
        "torch",
        {"family": "cyclical", "step_size": 200, "final_ratio": 0.1},
        _torch(lambda o, s: s.CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=200)),
    ),
    "cyclical triangular2": Case(
        "torch",
        {"family": "cyclical", "step_size": 200, "final_ratio": 0.1, "scale": "triangular2"},
        _torch(lambda o, s: s.CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=200, mode="triangular2")),
    ),
    "cyclical amplitude": Case(
        "torch",
        {
            "family": "cyclical",
            "step_size": 200,
            "final_ratio": 0.1,
            "scale": "exp_range_amplitude",
            "gamma": 0.999,
        },
        _torch(
            lambda o, s: s.CyclicLR(
                o, base_lr=0.01, max_lr=0.1, step_size_up=200, mode="exp_range", gamma=0.999
            )
        ),
    ),
    # torch's phases end one step early: the peak at 0.3 · 2000 − 1, the end at 2000 − 1.
    "one_cycle": Case(
        "torch",
        {"family": "one_cycle", "warmup": 599, "length": 1400},
        _torch(lambda o, s: s.OneCycleLR(o, max_lr=0.1, total_steps=2000)),
    ),
    "one_cycle linear": Case(
        "torch",
        {"family": "one_cycle", "warmup": 599, "length": 1400, "anneal": "linear"},
        _torch(lambda o, s: s.OneCycleLR(o, max_lr=0.1, total_steps=2000, anneal_strategy="linear")),
    ),
    "one_cycle three phases": Case(
        "torch",
        {"family": "one_cycle", "warmup": 599, "length": 1400, "three_phase": True},
        _torch(lambda o, s: s.OneCycleLR(o, max_lr=0.1, total_steps=2000, three_phase=True)),
    ),
    "sequence": Case(
        "torch",
        {
            "family": "sequence",
            "parts": [
                {"family": "constant", "peak": 0.1, "warmup": 200, "warmup_start": 0.1},
                {"family": "cosine", "peak": 0.1, "length": 1800},
            ],
            "boundaries": [200],
        },
        _torch(
            lambda o, s: s.SequentialLR(
                o,
                [
                    s.LinearLR(o, start_factor=0.1, total_iters=200),
                    s.CosineAnnealingLR(o, T_max=1800),
                ],
                milestones=[200],
            )
        ),
    ),
}

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

HUGGING_FACE = {
    "constant warmed": Case(
        "transformers",
        {"family": "constant", "warmup": 300},
        _hugging_face("constant_schedule_with_warmup", num_warmup_steps=300),
    ),
    "linear": Case(
        "transformers",
        {"family": "linear", "warmup": 300, "length": 1500},
        _hugging_face("linear_schedule_with_warmup", num_warmup_steps=300, num_training_steps=1800),
    ),
    "cosine": Case(
        "transformers",
        {"family": "cosine", "warmup": 300, "length": 1700},
        _hugging_face("cosine_schedule_with_warmup", num_warmup_steps=300, num_training_steps=2000),
    ),
    "cosine_restarts": Case(
        "transformers",
        {"family": "cosine_restarts", "warmup": 300, "period": 425},
        _hugging_face(
            "cosine_with_hard_restarts_schedule_with_warmup",
            num_warmup_steps=300,
            num_training_steps=2000,
            num_cycles=4,
        ),
    ),
    "polynomial": Case(
        "transformers",
        {"family": "polynomial", "warmup": 300, "length": 1500, "power": 2.0, "final_ratio": 0.01},
        _hugging_face(
            "polynomial_decay_schedule_with_warmup",
            num_warmup_steps=300,
            num_training_steps=1800,
            lr_end=0.001,
            power=2.0,
        ),
    ),
    "inverse_sqrt": Case(
        "transformers",
        {"family": "inverse_sqrt", "warmup": 300},
        _hugging_face("inverse_sqrt_schedule", num_warmup_steps=300),
    ),
    "warmup_stable_decay": Case(
        "transformers",
        {"family": "warmup_stable_decay", "warmup": 300, "decay": 500, "length": 1500, "tail": "linear"},
        _hugging_face(
            "wsd_schedule",
            num_warmup_steps=300,
            num_decay_steps=500,
            num_training_steps=1800,
            decay_type="linear",
        ),
    ),
    "warmup_stable_decay cosine": Case(
        "transformers",
        {
            "family": "warmup_stable_decay",
            "warmup": 300,
            "decay": 500,
            "length": 1500,
            "tail": "cosine",
            "final_ratio": 0.1,
            "warmup_start": 0.1,
        },
        _hugging_face(
            "wsd_schedule",
            num_warmup_steps=300,
            num_decay_steps=500,
            num_training_steps=1800,
            min_lr_ratio=0.1,
        ),
    ),
    "warmup_stable_decay 1-sqrt": Case(
        "transformers",
        {"family": "warmup_stable_decay", "warmup": 300, "decay": 500, "length": 1500, "tail": "1-sqrt"},
        _hugging_face(
            "wsd_schedule",
            num_warmup_steps=300,
            num_decay_steps=500,
            num_training_steps=1800,
            decay_type="1-sqrt",
        ),
    ),
}

CASES = {
    f"{case.peer}: {name}": case for cases in (TORCH, OPTAX, HUGGING_FACE) for name, case in cases.items()
}
