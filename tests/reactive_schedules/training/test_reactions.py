"""Actions and bounds of the reaction in `fit`, and after a resumption."""

import keras
import numpy as np
import pytest

import reactive_schedules as rs
from tests.reactive_schedules.training.small_problem import COMPILE, build_model, data, validation_data


def spec(family="constant", epochs=6, **plateau):
    return rs.TrainingSpec.parse(
        {
            "optimizer": {"name": "adam"},
            "learning_rate": {"family": family, "peak": 0.02},
            "batch_size": 8,
            "epochs": epochs,
            "plateau": {"patience": 1, "max_actions": 9, **plateau},
            "seed": 3,
        }
    )


def train(chosen, folder=None, **options):
    model = build_model(dropout=0.0)
    return model, rs.fit(
        model, data(), validation_data(), chosen, **COMPILE, checkpoint_dir=folder, **options
    )


# Nothing beats the first epoch by so much: a plateau after each.
STALLED = {"min_delta": 1e9}


@pytest.mark.parametrize(
    "chosen",
    [
        spec(action="seesaw", growth=2, max_batch_size=24, **STALLED),
        spec(action="greedy", factor=0.8, min_rate=0.015),
    ],
    ids=lambda chosen: chosen.plateau.action,
)
def test_a_training_in_parts_equals_one_in_one_go_and_its_replay(chosen, tmp_path):
    whole_model, whole = train(chosen)
    train(chosen, tmp_path, until=3)
    model, parts = train(chosen, tmp_path)
    assert parts == whole
    for ours, theirs in zip(model.weights, whole_model.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())

    decisions = rs.replay(whole.history["val_loss"], chosen.plateau, chosen.batch_size, len(data()[0]))
    assert [d.kind for d in decisions if d.kind != "continue"] == [d["kind"] for d in whole.decisions]
    assert [d.old_batch_size for d in decisions] == whole.history["batch_size"]
    rates = [max(0.02 * d.old_multiplier, chosen.plateau.min_rate) for d in decisions]
    assert whole.history["learning_rate"] == pytest.approx(rates)
    assert len(set(whole.history["learning_rate"])) > 2


def test_seesaw_cuts_the_rate_and_grows_the_batch():
    history = train(spec(action="seesaw", growth=2, max_batch_size=32, epochs=4, **STALLED))[1].history
    assert history["batch_size"] == [8, 8, 16, 32]
    assert history["learning_rate"] == pytest.approx([0.02, 0.02, 0.02 / 2**0.5, 0.01])


def test_neither_schedule_nor_cuts_go_below_the_floor():
    class Rates(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            used.append(float(self.model.optimizer.learning_rate.numpy()))

    used = []
    chosen = spec("linear", factor=0.1, min_rate=0.004, **STALLED)
    model, result = train(chosen, callbacks=[Rates()])
    assert min(used) == pytest.approx(0.004)
    assert max(used) == pytest.approx(0.02)
    assert result.history["learning_rate"][2:] == pytest.approx([0.004] * 4)
    assert [d["new_rate"] for d in result.decisions] == pytest.approx([0.004] * 5)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.004)


def test_the_first_epochs_do_not_count():
    result = train(spec(start_from_epoch="3ep", **STALLED))[1]
    assert [d["epoch"] for d in result.decisions] == [3, 4, 5]
    assert (
        train(spec(start_from_epoch="60st", epochs=4, **STALLED))[1].decisions[0]["epoch"] == 3
    )  # of 26 steps
