"""The default example, killed during training and run again."""

import json
import os
import re
import subprocess
import sys
import time

import pytest
import yaml

from reactive_schedules.training.checkpoint import Checkpoints
from tests.components import transformed
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

TRAINING = {
    "learning_rate": {"family": "cosine", "peak": 0.02},
    "epochs": 60,
    "plateau": {"monitor": "val_loss", "patience": 2, "action": "hybrid", "growth": 2, "max_actions": 8},
}


def kill_in_epoch(epoch: int, config, workspace) -> None:
    """Runs the pipeline and kills it (SIGKILL) once its training has finished `epoch` epochs."""
    arguments = ["--config", config, "--workspace", workspace, "--no-tune"]
    process = subprocess.Popen(
        [sys.executable, "local_runner.py", *map(str, arguments)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    folder, deadline, done = workspace / "artifacts/digits/Trainer/checkpoints", time.monotonic() + 900, 0
    while done < epoch and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
        found = [Checkpoints(path).load() for path in folder.glob("*")]
        done = max((entry[1]["progress"]["epoch"] for entry in found if entry), default=0)
    process.kill()
    assert process.wait() == -9


def test_killed_training_goes_on_where_it_was(digits_run, tmp_path):
    # This test must not push its model: other tests expect their own in production.
    # The uninterrupted training runs in this process on all cores, on which the last digits depend.
    sections = {
        "training": TRAINING,
        "evaluation": {"threshold": 1.0},
        "threads": len(os.sched_getaffinity(0)),
    }
    config = digits_run.configuration(tmp_path, **sections)
    records = digits_run.workspace / "artifacts/digits/Trainer/training_record"
    kill_in_epoch(8, config, digits_run.workspace)
    finished = digits_run.rerun(tmp_path, "--no-tune", **sections)
    assert finished.code == 0, finished.stdout
    line = re.search(r"^✓ Trainer .*", finished.stdout, re.MULTILINE).group()
    assert int(re.search(r"resumed at epoch (\d+)", line).group(1)) >= 9
    assert list(records.parent.glob("checkpoints/*")) == []

    document = yaml.safe_load(config.read_text())
    uninterrupted = transformed.train(
        tmp_path,
        transformed.inputs(digits_run.workspace),
        training=document["training"],
        model_hyperparameters=document["model"]["hyperparameters"],
    )["training_record"]
    resumed = max(records.iterdir(), key=lambda path: int(path.name))
    one, other = (json.loads((folder / "record.json").read_text()) for folder in (resumed, uninterrupted))
    assert {decision["kind"] for decision in one["decisions"]} >= {"grow"}
    for key in ("training", "history", "decisions", "best_epoch", "best_metric", "stopped_by"):
        assert one[key] == other[key]
    logs = [(folder / "decisions.jsonl").read_text() for folder in (resumed, uninterrupted)]
    assert logs[0] == logs[1]
