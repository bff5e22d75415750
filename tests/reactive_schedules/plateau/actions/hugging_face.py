"""The rates of Hugging Face's GreedyLR on made-up metrics.

hugging_face_greedy.json was made with transformers 5.24.0 and torch 2.15.0:

    python -m tests.reactive_schedules.plateau.actions.hugging_face
"""

import json
from pathlib import Path

import numpy

PATH = Path(__file__).with_name("hugging_face_greedy.json")
CASES = {
    "patient": {"factor": 0.9, "patience": 2, "max_lr": 0.15, "min_lr": 0.0, "seed": 1},
    "quick": {"factor": 0.5, "patience": 0, "max_lr": 1.0, "min_lr": 0.002, "seed": 2},
}
RATE = 0.1


def metrics(seed: int) -> list[float]:
    """A loss that falls, stalls and rises, with noise."""
    noise = numpy.random.default_rng(seed).normal(size=80)
    return (3 + numpy.cos(numpy.arange(80) / 9) + numpy.exp(-numpy.arange(80) / 20) + 0.05 * noise).tolist()


def rates(seed: int, **arguments: float) -> list[float]:
    """The rate of each epoch that follows a metric."""
    import torch  # pyright: ignore[reportMissingImports]
    from transformers.optimization import GreedyLR  # pyright: ignore[reportMissingImports]

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    schedule = GreedyLR(optimizer, threshold=0.0, **arguments)
    found = []
    for metric in metrics(seed):
        schedule.step(metric)
        found.append(schedule.get_last_lr()[0])
    return found


if __name__ == "__main__":
    PATH.write_text(
        json.dumps({name: rates(**case) for name, case in CASES.items()}) + "\n", encoding="utf-8"
    )
