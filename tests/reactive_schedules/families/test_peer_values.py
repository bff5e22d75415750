"""Our rates against those of PyTorch, optax, Hugging Face, timm and pytabkit, family by family, for 2,000 steps each.

The peers' rates are checked in (peers/make_golden.py made them); where a peer is installed, it is asked again.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from reactive_schedules.keras.build import build_schedule
from tests.reactive_schedules.families.peers.case import PEAK, STEPS
from tests.reactive_schedules.families.peers.cases import CASES
from tests.reactive_schedules.family_cases import family

# optax computes in float32, where a cosine near its end has an absolute error of a ten-millionth of the peak.
TOLERANCE = {"torch": 1e-13, "transformers": 1e-14, "optax": 3e-7, "timm": 1e-13, "pytabkit": 1e-13}


@pytest.fixture(scope="module")
def golden():
    with np.load(Path(__file__).parent / "peers" / "golden.npz") as held:
        return dict(held)


@pytest.mark.parametrize("name", CASES)
def test_numpy_agrees(name, golden):
    case = CASES[name]
    ours = family(case.ours).resolve()(np.arange(STEPS))
    assert len(golden[name]) == STEPS
    assert np.abs(ours - golden[name]).max() < TOLERANCE[case.peer] * PEAK


@pytest.mark.parametrize("name", CASES)
def test_keras_agrees(name, golden):
    case = CASES[name]
    ours = build_schedule(family(case.ours))(np.arange(STEPS)).numpy()
    assert np.abs(ours - golden[name]).max() < (TOLERANCE[case.peer] + 1e-7) * PEAK


def test_the_golden_rates_are_those_of_the_cases(golden):
    assert set(golden) == set(CASES)
    assert all(rates.max() > 0.02 for rates in golden.values())


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if find_spec(case.peer)])
def test_the_installed_peer_still_gives_the_golden_rates(name, golden):
    assert np.abs(CASES[name].rates() - golden[name]).max() < 1e-7 * PEAK
