"""PyTorch's schedulers and the families that give the same rates."""

from collections.abc import Callable

import numpy

from tests.reactive_schedules.families.peers.case import PEAK, STEPS, Case


def torch_rates(make: Callable, rate: float = PEAK, steps: int = STEPS) -> Callable[[], numpy.ndarray]:
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


TORCH = {
    "warm-up": Case(
        "torch",
        {"family": "constant", "warmup": 300, "warmup_start": 0.25},
        torch_rates(lambda o, s: s.LinearLR(o, start_factor=0.25, total_iters=300)),
    ),
    "constant warm-up": Case(
        "torch",
        {"family": "constant", "warmup": 300, "warmup_start": 0.25, "warmup_shape": "constant"},
        torch_rates(lambda o, s: s.ConstantLR(o, factor=0.25, total_iters=300)),
    ),
    "linear": Case(
        "torch",
        {"family": "linear", "length": 1500, "final_ratio": 0.1},
        torch_rates(lambda o, s: s.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=1500)),
    ),
    "exponential": Case(
        "torch",
        {"family": "exponential", "length": 1, "final_ratio": 0.998},
        torch_rates(lambda o, s: s.ExponentialLR(o, gamma=0.998)),
    ),
    "staircase": Case(
        "torch",
        {"family": "exponential", "length": 250, "final_ratio": 0.5, "staircase": True},
        torch_rates(lambda o, s: s.StepLR(o, step_size=250, gamma=0.5)),
    ),
    "piecewise": Case(
        "torch",
        {"family": "piecewise", "boundaries": [600, 1200, 1600], "ratios": [1, 0.2, 0.04, 0.008]},
        torch_rates(lambda o, s: s.MultiStepLR(o, milestones=[600, 1200, 1600], gamma=0.2)),
    ),
    "polynomial": Case(
        "torch",
        {"family": "polynomial", "length": 1500, "power": 0.9},
        torch_rates(lambda o, s: s.PolynomialLR(o, total_iters=1500, power=0.9)),
    ),
    "cosine": Case(
        "torch",
        {"family": "cosine", "length": 2000, "final_ratio": 0.01},
        torch_rates(lambda o, s: s.CosineAnnealingLR(o, T_max=2000, eta_min=0.001)),
    ),
    "cosine_restarts": Case(
        "torch",
        {"family": "cosine_restarts", "period": 130, "final_ratio": 0.01},
        torch_rates(lambda o, s: s.CosineAnnealingWarmRestarts(o, T_0=130, eta_min=0.001)),
    ),
    "cosine_restarts growing": Case(
        "torch",
        {"family": "cosine_restarts", "period": 70, "growth": 2},
        torch_rates(lambda o, s: s.CosineAnnealingWarmRestarts(o, T_0=70, T_mult=2)),
    ),
    "cyclical triangular": Case(
        "torch",
        {"family": "cyclical", "step_size": 200, "final_ratio": 0.1},
        torch_rates(lambda o, s: s.CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=200)),
    ),
    "cyclical triangular2": Case(
        "torch",
        {"family": "cyclical", "step_size": 200, "final_ratio": 0.1, "scale": "triangular2"},
        torch_rates(
            lambda o, s: s.CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=200, mode="triangular2")
        ),
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
        torch_rates(
            lambda o, s: s.CyclicLR(
                o, base_lr=0.01, max_lr=0.1, step_size_up=200, mode="exp_range", gamma=0.999
            )
        ),
    ),
    # torch's phases end one step early: the peak at 0.3 · 2000 − 1, the end at 2000 − 1.
    "one_cycle": Case(
        "torch",
        {"family": "one_cycle", "warmup": 599, "length": 1400},
        torch_rates(lambda o, s: s.OneCycleLR(o, max_lr=0.1, total_steps=2000)),
    ),
    "one_cycle linear": Case(
        "torch",
        {"family": "one_cycle", "warmup": 599, "length": 1400, "anneal": "linear"},
        torch_rates(lambda o, s: s.OneCycleLR(o, max_lr=0.1, total_steps=2000, anneal_strategy="linear")),
    ),
    "one_cycle three phases": Case(
        "torch",
        {"family": "one_cycle", "warmup": 599, "length": 1400, "three_phase": True},
        torch_rates(lambda o, s: s.OneCycleLR(o, max_lr=0.1, total_steps=2000, three_phase=True)),
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
        torch_rates(
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
