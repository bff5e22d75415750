"""Hugging Face's schedulers and the families that give the same rates."""

from collections.abc import Callable

import numpy

from tests.reactive_schedules.families.peers.case import Case
from tests.reactive_schedules.families.peers.torch_cases import torch_rates


def _hugging_face(name: str, **arguments) -> Callable[[], numpy.ndarray]:
    def make(optimizer, _):
        from transformers import optimization

        return getattr(optimization, f"get_{name}")(optimizer, **arguments)

    return torch_rates(make)


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
