"""timm's schedulers and the families that give the same rates."""

from collections.abc import Callable

import numpy

from tests.reactive_schedules.families.peers.case import PEAK, STEPS, Case


def _timm(name: str, length: int, final: float, **arguments) -> Callable[[], numpy.ndarray]:
    """Rates of a scheduler of timm, which falls back to its minimum at the end of its only cycle."""

    def rates() -> numpy.ndarray:
        import torch
        from timm import scheduler

        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=PEAK)
        made = getattr(scheduler, name)(optimizer, t_initial=length, lr_min=PEAK * final, **arguments)
        return numpy.array([made._get_lr(step)[0] for step in range(STEPS)])

    return rates


TIMM = {
    "tanh": Case(
        "timm",
        {"family": "tanh", "length": 2000, "lower": -7.0, "final_ratio": 0.05},
        _timm("TanhLRScheduler", 2000, 0.05),
    ),
    "cosine k-decay": Case(
        "timm",
        {"family": "cosine", "length": 1500, "k_decay": 1.5, "final_ratio": 0.05},
        _timm("CosineLRScheduler", 1500, 0.05, k_decay=1.5),
    ),
    "polynomial k-decay": Case(
        "timm",
        {"family": "polynomial", "length": 1500, "k_decay": 0.7, "power": 0.5},
        _timm("PolyLRScheduler", 1500, 0.0, k_decay=0.7, power=0.5),
    ),
}
