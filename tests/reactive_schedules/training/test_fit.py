import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from reactive_schedules.duration import Horizon
from reactive_schedules.keras.build import build
from reactive_schedules.keras.clock import Clock
from reactive_schedules.keras.plateau_decay import PlateauDecay
from reactive_schedules.plateau.machine import PlateauSpec, replay
from reactive_schedules.training.checkpoint import CheckpointError
from reactive_schedules.training.fit import fit
from reactive_schedules.training.tensorflow.sources import ArraySource
from tests.reactive_schedules.training.small_problem import (
    COMPILE,
    EXAMPLES,
    build_model,
    data,
    spec,
    steps_of,
    train,
    validation_data,
)

HORIZON = Horizon.of_examples(EXAMPLES, batch_size=8, epochs=12)


def test_without_a_plateau_it_equals_keras_fit_on_the_same_batches():
    model, result = train(chosen=spec(action=None, epochs=3))
    peer, source = build_model(), ArraySource(data())
    built = build(spec(action=None, epochs=3), Horizon.of_examples(EXAMPLES, batch_size=8, epochs=3))
    peer.compile(optimizer=built.optimizer, **COMPILE)
    logs = [peer.fit(source.batches(8, 0, 3, epoch), verbose=0).history for epoch in range(3)]
    np.testing.assert_array_equal([log["loss"][0] for log in logs], result.history["loss"])
    np.testing.assert_array_equal([log["accuracy"][0] for log in logs], result.history["accuracy"])
    for ours, theirs in zip(model.get_weights(), peer.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert result.stopped_by == "epochs"
    assert result.updates == 3 * 26


@pytest.mark.parametrize("action", ["decay", "grow", "hybrid"])
def test_rate_and_batch_follow_the_decisions(action):
    _, result = train(chosen=spec(action))
    assert [d["kind"] for d in result.decisions if d["kind"] != "stop"], "the problem must have plateaus"
    schedule, clock = build(spec(action), HORIZON).schedule, Clock(EXAMPLES, 8)
    multiplier, batch = 1.0, 8
    acts = {d["epoch"]: d for d in result.decisions}
    for epoch, rate in enumerate(result.history["learning_rate"]):
        expected = float(schedule(clock.last(epoch, EXAMPLES, batch))) * multiplier
        assert rate == pytest.approx(expected, rel=1e-6)
        assert result.history["batch_size"][epoch] == batch
        if epoch in acts and acts[epoch]["kind"] == "decay":
            multiplier *= 0.5
        if epoch in acts and acts[epoch]["kind"] == "grow":
            batch = min(3 * batch, EXAMPLES // 10)
    assert result.updates == sum(steps_of(result.history))
    assert result.history["examples_seen"] == [EXAMPLES * (e + 1) for e in range(len(result.history["loss"]))]
    kinds = {d["kind"] for d in result.decisions}
    assert kinds <= {"decay": {"decay", "stop"}, "grow": {"grow", "stop"}}.get(action, kinds)
    if action == "hybrid":
        assert {"grow", "decay"} <= kinds


class Counting(keras.Sequential):
    traces = 0

    def call(self, inputs, training=None, mask=None):
        self.traces += bool(training)
        return super().call(inputs, training=training, mask=mask)


class CountingOwnStep(Counting):
    def train_step(self, batch):
        return super().train_step(batch)


@pytest.mark.parametrize(("kind", "traces"), [(Counting, 1), (CountingOwnStep, 2)])
def test_no_more_traces_however_often_the_batch_grows(kind, traces):
    model = kind(build_model().layers)
    _, result = train(model, spec("grow", growth=1.5, max_batch_size=200))
    assert len({*result.history["batch_size"]}) > 3
    assert model.traces == traces


def test_the_rate_takes_effect_in_the_updates_themselves():
    # With plain SGD and one batch per epoch, a step is the gradient times the rate: a cut must shrink it.
    chosen = spec(optimizer="sgd", epochs=6, min_delta=1e9, restore_best=False).model_copy(
        update={"batch_size": EXAMPLES}
    )
    rates = []

    class Rate(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    _, result = train(chosen=chosen, callbacks=[Rate()])
    np.testing.assert_allclose(rates, result.history["learning_rate"], rtol=1e-6)
    assert [d["new_rate"] / d["old_rate"] for d in result.decisions] == pytest.approx([0.5] * 5)


def test_the_model_is_left_with_the_best_weights():
    model, result = train(chosen=spec(max_actions=1))
    assert result.stopped_by == "plateau"
    assert result.best_epoch < len(result.history["loss"]) - 1
    assert result.best_metric == min(result.history["val_loss"])
    loss, _ = model.evaluate(*validation_data(), verbose=0)
    assert loss == pytest.approx(result.best_metric, rel=1e-5)


def test_an_action_goes_back_to_the_best_weights():
    seen = []

    class Weights(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(self.model.get_weights())

    _, result = train(callbacks=[Weights()])
    action = result.decisions[0]
    best, after = seen[action["best_epoch"] + 1], seen[action["epoch"] + 1]
    assert action["epoch"] > action["best_epoch"]
    for one, other in zip(best, after, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("slots", ["keep", "reset", "restore"])
def test_the_slots_do_at_an_action_as_told(slots):
    seen = []

    class Slots(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append([np.array(v) for v in self.model.optimizer.variables])

        def on_epoch_end(self, epoch, logs=None):
            before.append([np.array(v) for v in self.model.optimizer.variables])

    before = []
    _, result = train(chosen=spec(slots=slots), callbacks=[Slots()])
    action = result.decisions[0]
    after = seen[action["epoch"] + 1]
    expected = {
        "keep": before[action["epoch"]],
        "reset": seen[0],
        "restore": seen[action["best_epoch"] + 1],
    }[slots]
    for one, other in zip(expected, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_diverged_first_epoch_goes_back_to_the_start_with_a_lower_rate():
    chosen = spec(optimizer="sgd", epochs=8, factor=1e-16).model_dump()
    chosen["learning_rate"] = {"family": "constant", "peak": 1e30}
    model, result = train(chosen=type(spec()).model_validate(chosen))
    assert "back to the best weights" in result.decisions[0]["reason"]
    assert result.decisions[0]["metric"] is None
    assert np.isfinite(result.history["val_loss"][-1])
    assert all(np.isfinite(weights).all() for weights in model.get_weights())


def test_the_decision_log_is_strict_json_and_what_the_result_holds(tmp_path):
    log = tmp_path / "logs" / "decisions.jsonl"
    _, result = train(chosen=spec("hybrid"), decision_log=log)
    lines = [json.loads(line, parse_constant=pytest.fail) for line in log.read_text().splitlines()]
    assert lines == result.decisions
    first = lines[0]
    assert first["old_noise_scale"] == pytest.approx(first["old_rate"] * EXAMPLES / (8 * (1 - 0.9)))
    assert first["examples"] == (first["epoch"] + 1) * EXAMPLES


def test_replaying_the_history_decides_alike():
    _, result = train(chosen=spec("hybrid"))
    replayed = replay(result.history["val_loss"], spec("hybrid").plateau, batch_size=8, examples=EXAMPLES)
    acts = [decision for decision in replayed if decision.kind != "continue"]
    assert [decision.reason for decision in acts] == [record["reason"] for record in result.decisions]
    assert [decision.old_batch_size for decision in replayed] == result.history["batch_size"]


def test_a_floor_in_updates_delays_the_reaction_on_small_data():
    plain = spec(epochs=40)
    per_epoch = plain.horizon(EXAMPLES).steps_per_epoch
    document = plain.model_dump(mode="json")
    document["plateau"] |= {"patience": f"max(1ep, {3 * per_epoch - 1}st)", "max_actions": 1}
    document["epochs"] = f"{30 * per_epoch}st"
    _, result = train(chosen=type(plain).parse(document))
    epochs = range(len(result.history["loss"]))
    waits = [decision["wait"] for decision in result.decisions]
    assert len(epochs) <= 30
    assert set(waits) <= {3}
    same = {**document, "epochs": 30, "plateau": {**document["plateau"], "patience": 3}}
    assert train(chosen=type(plain).parse(same))[1].history == result.history


def test_a_compiled_model_keeps_its_loss_and_gets_the_optimizer():
    model = build_model()
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy", "mse"])
    train, validation = ((x, np.eye(3, dtype="float32")[y]) for x, y in (data(), validation_data()))
    result = fit(model, train, validation, spec(epochs=2))
    assert {"val_accuracy", "val_mse"} <= {*result.history}
    assert isinstance(model.optimizer, keras.optimizers.Adam)


def test_afterwards_the_model_can_be_saved_and_trained_by_keras(tmp_path):
    model, result = train()
    rate = result.plateau.multiplier
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.optimizer, keras.optimizers.Adam)
    assert float(loaded.optimizer.learning_rate) == pytest.approx(float(model.optimizer.learning_rate))
    assert loaded.optimizer.learning_rate < 0.05 * rate
    for one in (model, loaded):
        one.fit(*data(), epochs=1, verbose=0)


def test_afterwards_tensorflow_saves_the_model_whole(tmp_path):
    """Its optimizer included, which must not have lost a variable on the way."""
    model = build_model()
    fit(model, data(), validation_data(), spec(epochs=1), **COMPILE)
    tf.saved_model.save(model, str(tmp_path / "saved"))
    assert (tmp_path / "saved" / "saved_model.pb").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss": None, "metrics": ()}, "loss: is required, because the model is not compiled"),
        ({"validation": None}, "plateau.monitor: 'val_loss' needs validation data"),
        ({"checkpoint_every": 5}, "checkpoint_every: must be at least 1, and needs checkpoint_dir; got 5"),
        ({"until": 13}, "until: must be between 1 and the 12 epochs of the spec, got 13"),
        (
            {"train": (data()[0], data()[1][:-1])},
            r"train: all arrays must have the same number .* \[202, 203\]",
        ),
        ({"validation": (data()[0][:0], data()[1][:0])}, "validation: has no examples"),
        ({"train": data()[0]}, r"train: must be \(x, y\)"),
        ({"spec": spec(monitor="val_auc")}, "'val_auc' is not in the logs; choose one of"),
        (
            {"callbacks": [PlateauDecay(PlateauSpec())]},
            "callbacks: PlateauDecay only works with model.fit; set spec.plateau instead",
        ),
        (
            {"optimizer": "adam"},
            "optimizer: must be a keras.optimizers.Optimizer, got 'adam'; set spec.optimizer",
        ),
        (
            {"spec": {"epochs": 1}},
            "spec: must be a TrainingSpec, got dict; use TrainingSpec.parse for a dict",
        ),
        ({"validation": data()[0]}, r"validation: must be \(x, y\)"),
        ({"train": (data()[0], data()[1].tolist())}, r"train: y\[0\]: must be an array; got int"),
        (
            {"train": (data()[0].astype(object) + 1j, data()[1])},
            "train: x: must contain numbers or text, got object",
        ),
        ({"class_weight": {}}, "class_weight: is empty"),
        ({"class_weight": {np.int64(-1): 1.0}}, "class_weight: class indices and weights must be at least 0"),
    ],
)
def test_wrong_arguments_are_named(change, message):
    arguments = {"train": data(), "validation": validation_data(), "spec": spec(), **COMPILE, **change}
    with pytest.raises(ValueError, match=message):
        fit(build_model(), **arguments)


def test_a_compiled_model_takes_a_given_loss_for_its_own():
    model = build_model()
    model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
    assert "mae" in fit(model, (data()[0], np.eye(3)[data()[1]]), None, spec(None, 1)).history
    result = fit(model, data(), validation_data(), spec(None, 1), **COMPILE)
    assert {"accuracy", "val_accuracy"} < set(result.history)


def test_a_compiled_model_can_be_trained_without_its_metrics():
    model = build_model()
    model.compile("sgd", **COMPILE)
    assert "accuracy" not in fit(model, data(), None, spec(None, 1), metrics=[]).history


@pytest.mark.parametrize("scales", [False, True])
def test_a_compiled_model_keeps_whether_its_loss_is_scaled(scales):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = build_model()
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile("sgd", **COMPILE, auto_scale_loss=scales)
    for _ in range(2):
        fit(model, data(), None, spec(None, 1))
        assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) is scales


def test_the_same_call_goes_on_with_the_same_model(tmp_path):
    model = build_model()
    arguments = {**COMPILE, "checkpoint_dir": tmp_path}
    fit(model, data(), validation_data(), spec(epochs=3), until=1, **arguments)
    result = fit(model, data(), validation_data(), spec(epochs=3), **arguments)
    assert result.history == fit(build_model(), data(), validation_data(), spec(epochs=3), **COMPILE).history


def test_a_changed_spec_is_told_from_the_checkpoint_by_its_key(tmp_path):
    fit(build_model(), data(), validation_data(), spec(epochs=1), **COMPILE, checkpoint_dir=tmp_path)
    message = r"was saved with spec.plateau.patience 1, but this run has 2; use another folder$"
    chosen = spec(epochs=1, patience=2)
    with pytest.raises(CheckpointError, match=message):
        fit(build_model(), data(), validation_data(), chosen, **COMPILE, checkpoint_dir=tmp_path)


def test_an_average_of_the_weights_is_the_result_as_in_keras():
    optimizer = keras.optimizers.SGD(use_ema=True, ema_momentum=0.9)
    model = build_model()
    fit(model, data(), None, spec(None, 2), **COMPILE, optimizer=optimizer)
    for weight, average in zip(
        model.trainable_weights, optimizer._model_variables_moving_average, strict=True
    ):
        np.testing.assert_array_equal(weight.numpy(), average.numpy())


def test_a_metric_of_several_values_is_a_list_of_them():
    x, y = data()
    arguments = {"loss": "categorical_crossentropy", "metrics": [keras.metrics.F1Score()]}
    one_hot = (x, np.eye(3, dtype="float32")[y])
    result = fit(build_model(), one_hot, None, spec(None, 2), **arguments)
    assert [len(scores) for scores in result.history["f1_score"]] == [3, 3]
    json.dumps(result.history)
    with pytest.raises(ValueError, match="plateau.monitor: 'f1_score' has several values"):
        fit(build_model(), one_hot, None, spec(monitor="f1_score", mode="max"), **arguments)


def test_metrics_by_output_and_inputs_as_lists_are_taken_as_by_keras():
    x, y = data()
    left, right = keras.Input((2,), name="left"), keras.Input((4,), name="right")
    both = keras.layers.Concatenate()([left, right])
    outputs = {name: keras.layers.Dense(3, "softmax", name=name)(both) for name in "ab"}
    model = keras.Model([left, right], outputs)
    labels = {"a": y, "b": y}
    loss = dict.fromkeys("ab", "sparse_categorical_crossentropy")
    arguments = {"loss": loss, "metrics": {"a": ["accuracy"], "b": []}}
    result = fit(model, ([x[:, :2], x[:, 2:]], labels), None, spec(None, 1), **arguments)
    assert "a_accuracy" in result.history


def test_a_wrong_monitor_is_found_before_an_epoch_is_trained():
    model = build_model()
    before = model.get_weights()
    with pytest.raises(ValueError, match="'val_acc' is not in the logs; choose one of .*'val_accuracy'"):
        fit(model, data(), validation_data(), spec(monitor="val_acc", mode="max"), **COMPILE)
    for weight, earlier in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, earlier)
