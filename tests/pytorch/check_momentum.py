"""The momentum that cycles is PyTorch's own; `make torch-test` runs this where PyTorch is installed."""

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import CyclicLR, OneCycleLR

import reactive_schedules as rs
from reactive_schedules.families.arrays import NUMPY

STEPS, LOW, HIGH = 41, 0.8, 0.95


def of_pytorch(kind, **options):
    """Rate and momentum of each step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    schedule = kind(optimizer, cycle_momentum=True, base_momentum=LOW, max_momentum=HIGH, **options)
    found = []
    for _ in range(STEPS):
        found.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
        optimizer.step()
        if len(found) < STEPS:
            schedule.step()
    return np.transpose(found)


def ours(**rate):
    formula = rs.TrainingSpec.parse({"learning_rate": {"peak": 0.5, **rate}}).learning_rate.resolve(STEPS)
    steps = np.arange(STEPS)
    return formula(steps), HIGH - (HIGH - LOW) * formula.height(steps, NUMPY)


@pytest.mark.parametrize("anneal", ["cosine", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
def test_one_cycle(anneal, three_phase):
    theirs = of_pytorch(
        OneCycleLR,
        max_lr=0.5,
        total_steps=STEPS,
        pct_start=11 / STEPS,  # ends after step 10
        anneal_strategy=anneal[:6].replace("cosine", "cos"),
        div_factor=10,
        final_div_factor=5,
        three_phase=three_phase,
    )
    found = ours(
        family="one_cycle",
        warmup=10,
        warmup_start=0.1,
        final_ratio=0.02,
        length=30,
        anneal=anneal,
        three_phase=three_phase,
    )
    np.testing.assert_allclose(found, theirs, rtol=1e-9)


@pytest.mark.parametrize(
    ("mode", "scale"),
    [
        ("triangular", "triangular"),
        ("triangular2", "triangular2"),
        ("exp_range", "exp_range_amplitude"),
    ],
)
def test_cyclical(mode, scale):
    theirs = of_pytorch(CyclicLR, base_lr=0.1, max_lr=0.5, step_size_up=5, mode=mode, gamma=0.9)
    found = ours(family="cyclical", final_ratio=0.2, step_size=5, scale=scale, gamma=0.9)
    np.testing.assert_allclose(found, theirs, rtol=1e-9)
