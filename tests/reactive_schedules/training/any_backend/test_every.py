"""Reactions within an epoch."""

import keras
import numpy as np
import pytest

import reactive_schedules as rs
from tests.reactive_schedules.training.any_backend.running import assert_equal_runs, fit, network, stream
from tests.reactive_schedules.training.small_problem import data, validation_data

STALLED = {"min_delta": 1e9, "patience": 1, "max_actions": 9}


def spec(epochs=3, **plateau):
    """Eight steps an epoch of 200 examples, observed three times, after steps 2, 5 and 8."""
    return rs.TrainingSpec.parse(
        {
            "learning_rate": {"family": "linear", "peak": 0.5},
            "batch_size": 25,
            "epochs": epochs,
            "plateau": {"every": "3st", **STALLED, **plateau},
            "seed": 3,
        }
    )


class Rates(keras.callbacks.Callback):
    """The learning rate of each step, from what the weights of a linear model tell."""

    def on_train_begin(self, logs=None):
        self.weights = [0.0]

    def on_train_batch_end(self, batch, logs=None):
        self.weights.append(-self.model.get_weights()[0].item())


def test_the_rate_falls_within_an_epoch_from_the_step_of_the_decision():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1))])
    ones, heard = (np.ones((200, 1), "float32"), np.ones((200, 1), "float32")), Rates()
    chosen = spec(2, monitor="loss", restore_best=False, max_actions=3).model_dump()
    chosen = rs.TrainingSpec.parse({**chosen, "optimizer": {"name": "sgd", "momentum": 0.0}})
    result = rs.fit(model, ones, None, chosen, loss=lambda _, output: output, callbacks=[heard])
    cuts = np.repeat(
        [1, 0.5, 0.25, 0.125], [5, 3, 2, 3]
    )  # the first observation is the best, the last a stop
    family = 0.5 * (1 - np.arange(13) / 16)
    np.testing.assert_allclose(np.diff(heard.weights), family * cuts, rtol=1e-5)
    made = [(record["kind"], record["epoch"], record["step"], record["share"]) for record in result.decisions]
    assert made == [
        ("decay", 0, 5, 0.625), ("decay", 0, 8, 1.0), ("decay", 1, 10, 0.25), ("stop", 1, 13, 0.625),
    ]  # fmt: skip
    for record, before, after in zip(result.decisions, [4, 7, 9, 12], [0.5, 0.25, 0.125, 0.125], strict=True):
        assert record["new_rate"] == pytest.approx(family[before] * after)
    assert (result.stopped_by, result.updates, result.best_epoch) == ("plateau", 13, 0)
    assert result.history["examples_seen"] == [200, 325]
    assert result.history["learning_rate"] == pytest.approx([family[7] * 0.5, family[12] * 0.125])


class Dies(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.steps = 0

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        if self.steps == 15:  # the seventh of the second epoch, in which there were two decisions
            raise KeyboardInterrupt


@pytest.mark.parametrize(("kind", "monitor", "saves"), [(tuple, "val_loss", None), (stream, "loss", 5)])
def test_a_crash_within_an_epoch_changes_no_decision(kind, monitor, saves, tmp_path):
    """Neither where the epoch is done again, nor where it goes on from the decision of its fifth step."""
    chosen = spec(monitor=monitor, slots="reset")
    whole = fit(train=kind(data(200)), chosen=chosen)
    shares = [record["share"] for record in whole[1].decisions]
    assert shares == [5 / 8, 1, 2 / 8, 5 / 8, 1, 2 / 8, 5 / 8, 1]
    options = {
        "checkpoint_dir": tmp_path / "run",
        "checkpoint_every": saves,
        "decision_log": tmp_path / "log",
    }
    with pytest.raises(KeyboardInterrupt):
        fit(train=kind(data(200)), chosen=chosen, callbacks=[Dies()], **options)
    assert len((tmp_path / "log").read_text().splitlines()) == 4
    assert_equal_runs(whole, fit(train=kind(data(200)), chosen=chosen, **options))
    assert len((tmp_path / "log").read_text().splitlines()) == 8


def test_what_is_observed_and_what_is_kept():
    """The metric is that of the weights at that step; the epoch's own training metrics are of the whole epoch."""
    seen = []

    class Weights(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            seen.append(self.model.get_weights())

    chosen = spec(2, patience=99, min_delta=0.0)
    model, result = fit(chosen=chosen, callbacks=[Weights()])
    whole = fit(chosen=rs.TrainingSpec.parse({**chosen.model_dump(), "plateau": None}))[1]
    assert len(seen) == 6
    for name, values in whole.history.items():
        assert result.history[name] == values, name
    judge = network()
    judge.compile(loss="sparse_categorical_crossentropy")
    losses = []
    for weights in seen:
        judge.set_weights(weights)
        losses.append(judge.evaluate(*validation_data(), verbose=0))
    assert result.best_metric == pytest.approx(min(losses), rel=1e-5)
    assert result.best_logs["val_loss"] == result.best_metric
    for ours, best in zip(model.get_weights(), seen[int(np.argmin(losses))], strict=True):
        np.testing.assert_array_equal(ours, best)


def test_a_training_metric_is_of_the_steps_since_the_last_observation():
    chosen = spec(1, monitor="loss", patience=99, min_delta=0.0)
    _, result = fit(chosen=chosen)
    peer, (x, y), losses = network(), data(200), []
    peer.compile(
        keras.optimizers.SGD(rs.Linear(0.5, horizon=8), momentum=0.9), "sparse_categorical_crossentropy"
    )
    for batch in np.random.default_rng([3, 0]).permutation(200).reshape(8, 25):
        peer.reset_metrics()
        losses.append(peer.train_on_batch(x[batch], y[batch], return_dict=True)["loss"])
    parts = [np.mean(losses[:2]), np.mean(losses[2:5]), np.mean(losses[5:])]
    assert result.history["loss"] == [pytest.approx(parts[2], rel=1e-5)]
    assert result.best_metric == pytest.approx(min(parts), rel=1e-5)


@pytest.mark.parametrize(
    ("every", "plateau", "message"),
    [
        ("9st", {}, "plateau.every: must be between a step and an epoch, which has 8 steps; got 9"),
        (0, {}, "plateau.every: must be a step at least; leave it out to observe at the end of epochs"),
        (3, {"action": "grow"}, "plateau.every: 'grow' changes the batch size, which needs a whole epoch; leave it out"),
        (3, {"monitor": "val_added", "mode": "min"}, "plateau.monitor: 'val_added' is not in the logs; choose one of"),
    ],
)  # fmt: skip
def test_what_cannot_be_observed_is_refused(every, plateau, message):
    class Adds(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_added"] = 1.0

    with pytest.raises(ValueError, match=f"^{message}"):
        fit(chosen=spec(every=every, **plateau), callbacks=[Adds()])


def test_the_callback_says_that_it_does_not_observe_within_epochs():
    with pytest.raises(
        ValueError, match="^every: a callback observes at the end of epochs; leave it out, or train"
    ):
        rs.PlateauDecay(rs.PlateauSpec(every="3st"))


def test_integers_count_observations_and_durations_stay_as_long_as_they_are():
    plateau = rs.PlateauSpec(every="3st", patience="2ep", cooldown="4st", start_from_epoch=5)
    found = plateau.at(rs.Horizon(8, epochs=3, batch_size=25))
    assert (found.patience, found.cooldown, found.start_from_epoch) == (6, 2, 5)
    assert found.at(rs.Horizon(8, epochs=3, batch_size=25)) == found
    assert rs.PlateauSpec(patience="2ep").patience == 2
