import math

import pytest

from reactive_schedules.ahead.training_picture import training_picture
from reactive_schedules.errors import SpecError

HISTORY = {
    "loss": [3.0, 2.0, 1.0, 1.0],
    "val_loss": [3.0, 2.5, 2.6, 2.4],
    "learning_rate": [0.1, 0.1, 0.1, 0.025],
    "batch_size": [8, 8, 8, 32],
    "examples_seen": [100, 200, 300, 400],
}


def decision(kind, epoch, **changes):
    before = {"old_rate": 0.1, "new_rate": 0.1, "old_batch_size": 8, "new_batch_size": 8}
    return {"kind": kind, "epoch": epoch, "monitor": "val_loss", **before, **changes}


DECISIONS = [
    decision("decay", 1, new_rate=0.025),
    decision("grow", 2, new_batch_size=32),
    decision("stop", 3),
]


def test_it_draws_every_decision(tmp_path):
    text = training_picture(HISTORY, DECISIONS, tmp_path / "training.svg").read_text(encoding="utf-8")
    for words in (
        "rate ×0.25",
        "batch 8→32",
        "stop",
        "validation loss",
        "learning rate",
        "batch size",
        "epoch",
    ):
        assert words in text


def test_it_draws_a_training_without_decisions_or_validation(tmp_path):
    history = {name: values for name, values in HISTORY.items() if name != "val_loss"}
    path = training_picture({**history, "learning_rate": [0.0] * 4}, [], tmp_path / "training.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_metric_that_was_never_finite_is_drawn_as_empty(tmp_path):
    history = {**HISTORY, "loss": [math.nan] * 4, "val_loss": [math.inf] * 4}
    assert "validation loss" in training_picture(history, DECISIONS, tmp_path / "training.svg").read_text(
        encoding="utf-8"
    )


def test_names_of_metrics_are_not_typeset(tmp_path):
    history = {**HISTORY, "a$b$c": HISTORY["loss"], "val_a$b$c": HISTORY["loss"]}
    path = training_picture(history, [], tmp_path / "training.svg", monitor="val_a$b$c")
    text = path.read_text(encoding="utf-8")
    assert "validation a$b$c" in text
    assert "training a$b$c" in text


def test_a_missing_metric_is_named(tmp_path):
    with pytest.raises(SpecError, match="monitor: 'val_auc' is not in the history; choose one of"):
        training_picture(HISTORY, [], tmp_path / "training.png", monitor="val_auc")


def test_a_metric_of_several_values_is_named(tmp_path):
    with pytest.raises(SpecError, match="monitor: 'f1' has several values; choose a metric with a single"):
        training_picture({**HISTORY, "f1": [[0.5, 0.6]]}, [], tmp_path / "training.png", monitor="f1")
