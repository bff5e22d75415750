"""What callbacks and observers of `fit` hear, add and stop."""

import re

import keras
import pytest

from tests.reactive_schedules.training.small_problem import (
    EXAMPLES,
    data,
    spec,
    steps_of,
    train,
    validation_data,
)


def test_callbacks_hear_what_they_hear_from_keras():
    heard = []

    class Ear(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            heard.append("begin")

        def on_train_batch_end(self, batch, logs=None):
            heard.append(batch)
            assert {"loss", "accuracy"} == {*logs}

        def on_epoch_end(self, epoch, logs=None):
            heard.append(sorted(logs))

        def on_train_end(self, logs=None):
            heard.append("end")

    train(chosen=spec(epochs=1), callbacks=[Ear()])
    logs = ["accuracy", "batch_size", "examples_seen", "learning_rate", "loss", "val_accuracy", "val_loss"]
    assert heard == ["begin", *range(26), logs, "end"]


def test_a_callback_can_stop_the_training():
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    _, result = train(callbacks=[Stop()])
    assert result.stopped_by == "callback"
    assert len(result.history["loss"]) == 2


def test_the_observer_sees_each_epoch():
    seen = []
    _, result = train(chosen=spec(epochs=3), on_epoch=seen.append)
    assert [end.epoch for end in seen] == [0, 1, 2]
    assert [end.logs["val_loss"] for end in seen] == result.history["val_loss"]
    assert seen[-1].state == result.plateau
    assert all(end.examples_per_second > 0 for end in seen)


class Scored(keras.callbacks.Callback):
    """Adds a metric of its own, as people do with scikit-learn's."""

    def on_epoch_end(self, epoch, logs=None):
        logs["val_score"] = 1.0 / (1 + epoch)


def test_what_a_callback_adds_is_in_the_history_and_can_be_monitored():
    chosen = spec(epochs=4, monitor="val_score", mode="max", patience=2)
    _, result = train(chosen=chosen, callbacks=Scored())
    assert result.history["val_score"] == [1.0, 1 / 2, 1 / 3, 1 / 4]
    assert [(line["epoch"], line["metric"]) for line in result.decisions] == [(2, 1 / 3)]
    assert result.best_epoch == 0


@pytest.mark.parametrize("restores", [False, True])
def test_the_best_logs_are_those_of_the_weights_that_early_stopping_restored(restores):
    stop = keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=restores, min_delta=9.0)
    model, result = train(chosen=spec(None, 6), callbacks=[stop])
    assert (result.stopped_by, len(result.history["loss"])) == ("callback", 3)
    assert result.best_logs["val_loss"] == result.history["val_loss"][0 if restores else -1]
    evaluated = model.evaluate(*validation_data(), verbose=0, return_dict=True)
    assert evaluated["loss"] == pytest.approx(result.best_logs["val_loss"], rel=1e-5)


def test_a_model_saved_inside_a_training_can_be_trained_on(tmp_path):
    train(chosen=spec(epochs=2), callbacks=[keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")])
    loaded = keras.models.load_model(tmp_path / "1.keras")
    rate = float(loaded.optimizer.learning_rate)
    loaded.fit(*data(), batch_size=8, verbose=0)
    assert float(loaded.optimizer.learning_rate) != rate  # it goes by the optimizer's step


def test_the_progress_bar_counts_to_the_steps_of_the_batch_at_hand(capsys):
    chosen = spec("grow", epochs=4, max_batch_size=EXAMPLES, min_delta=9.0)
    _, result = train(chosen=chosen, verbose=1)
    shown = re.findall(r"(\d+)/(\d+)[^\r\n\b]*val_loss", capsys.readouterr().out)
    assert [(int(step), int(of)) for step, of in shown] == [
        (steps, steps) for steps in steps_of(result.history)
    ]
    assert len(set(shown)) > 1
