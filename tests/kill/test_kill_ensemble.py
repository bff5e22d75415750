"""An ensemble that is killed in its second model and started again ends as one that was left alone."""

import json
import signal

import keras
import numpy as np
import pytest

from components.model_store import model_files
from tests.components import transformed

EPOCHS = 4
TRAINING = {
    "optimizer": {"name": "adam"},
    "learning_rate": {"family": "cosine", "peak": 0.02},
    "batch_size": 64,
    "epochs": EPOCHS,
    "plateau": {"patience": 1, "action": "grow", "min_delta": 0.5, "max_actions": 9, "max_batch_size": 1000},
}


def _train(folder, workspace, saves=None):
    import sys

    from tests.kill.victim import Moment, Watch

    if saves is not None:
        sys.addaudithook(Watch(Moment("open", saves, 0.0), folder))
    transformed.train(folder, transformed.inputs(workspace), training=TRAINING, ensemble=2)


@pytest.mark.slow
def test_an_ensemble_killed_in_its_second_model_ends_as_if_it_had_not_been(digits_run, attempt, tmp_path):
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    assert attempt(_train, alone, digits_run.workspace) == 0
    assert attempt(_train, killed, digits_run.workspace, EPOCHS + 2) == -signal.SIGKILL
    (saved,) = killed.glob("Trainer/checkpoints/*")
    assert {folder.name for folder in saved.iterdir()} == {"member_1", "member_2"}
    finished = (saved / "member_1/newest.npz").stat().st_mtime_ns
    assert (saved / "member_2/newest.npz").stat().st_mtime_ns > finished
    assert attempt(_train, killed, digits_run.workspace) == 0
    assert not saved.exists()

    records, weights = [], []
    for folder in (alone, killed):
        output = folder / "Trainer/training_record/1"
        records.append(json.loads((output / "record.json").read_text(encoding="utf-8")))
        decisions = (output / "member_2/decisions.jsonl").read_text(encoding="utf-8").splitlines()
        assert list(map(json.loads, decisions)) == records[-1]["members"][1]["decisions"]
        model = keras.models.load_model(folder / "Trainer/model/1/Format-Serving" / model_files.KERAS)
        weights.append(model.get_weights())
    assert [len(member["history"]["loss"]) for member in records[0]["members"]] == [EPOCHS, EPOCHS]
    assert {decision["kind"] for decision in records[0]["members"][1]["decisions"]} >= {"grow"}
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert records[0] == records[1]
