"""A training that is killed and started again ends as one that was left alone: to the last bit."""

import json
import os
import random
import signal
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from tests.conftest import ON_JAX, ROOT

EVENTS = ["open", "keep", "publish", "decide"]
DELAYS_S = [0, 0, 0.0005, 0.002, 0.005, 0.02]  # 0: just before the event; else into what follows it


def _run(folder, action, is_on_disk, moment=None):
    from tests.kill import victim

    victim.train(folder, action, moment and victim.Moment(*moment), is_on_disk)


def _run_on(backend, folder, action, is_on_disk, moment=None) -> int:
    folder.mkdir(exist_ok=True)
    arguments = [folder, action, json.dumps(moment) if moment else ""]
    done = subprocess.run(
        [sys.executable, "-m", "tests.kill.victim", *arguments],
        env={**os.environ, **(ON_JAX if backend == "jax" else {"KERAS_BACKEND": backend})},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-3000:]
    return done.returncode


TRAININGS = [
    ("tensorflow", "hybrid", False),
    ("tensorflow", "grow", True),
    ("jax", "decay", False),
    ("torch", "hybrid", False),  # in the environment of make torch-test
]
MORE = [("tensorflow", "decay", False), ("tensorflow", "grow", False)]
"""Trainings that only `make kill-test` kills: a hybrid does what both do."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "action", "is_on_disk"), [each for each in (*TRAININGS, *MORE) if find_spec(each[0])]
)
def test_a_killed_training_ends_as_if_it_had_not_been(
    backend, action, is_on_disk, attempt, tmp_path, request
):
    kills = request.config.getoption("--kills", default=2)
    if kills <= 2 and (backend, action, is_on_disk) in MORE:
        pytest.skip("part of make kill-test")
    alone, killed = tmp_path / "alone", tmp_path / "killed"

    def attempted(*arguments) -> int:
        return attempt(_run, *arguments) if backend == "tensorflow" else _run_on(backend, *arguments)

    assert attempted(alone, action, is_on_disk) == 0

    draw = random.Random(action)
    for number in range(kills):
        # Many kills or few, they are spread over the whole training.
        saves = draw.randint(0, 3) if kills > 5 else draw.randint(5, 30)
        moment = (draw.choice(EVENTS), saves, draw.choice(DELAYS_S))
        assert attempted(killed, action, is_on_disk, moment) == -signal.SIGKILL, (
            f"kill {number}: {moment} came too late"
        )
    assert attempted(killed, action, is_on_disk) == 0

    expected, found = np.load(alone / "end.npz"), np.load(killed / "end.npz")
    assert expected.files == found.files
    for name in expected.files:
        np.testing.assert_array_equal(expected[name], found[name], err_msg=name)
    log = (alone / "decisions.jsonl").read_bytes()
    assert log.count(b"\n") >= 2
    assert (killed / "decisions.jsonl").read_bytes() == log
