"""A training that starts from the model in production."""

import re

import pytest

pytestmark = pytest.mark.slow


def test_training_starts_from_the_model_in_production(digits_run, tmp_path):
    (version, *_) = sorted((digits_run.workspace / "serving").glob("[0-9]*"))
    assert (version / "assets.extra/model.keras").is_file()
    still = {"learning_rate": {"family": "constant", "peak": 1e-9}, "epochs": 1, "plateau": None}
    finished = digits_run.rerun(
        tmp_path, "--no-tune", model={"warm_start": True}, training=still, evaluation={"threshold": 1.0}
    )
    assert finished.code == 0, finished.stdout + finished.stderr
    assert re.search(
        rf"^Training +1 epoch from the weights of version {version.name}", finished.stdout, re.MULTILINE
    )
    # Nothing was learned on top, so the candidate is as good as the model in production.
    (new, old) = re.search(
        r"^Test accuracy +([\d.]+) .*\); version \d+ in production: ([\d.]+)", finished.stdout, re.MULTILINE
    ).groups()
    assert abs(float(new) - float(old)) < 0.005
