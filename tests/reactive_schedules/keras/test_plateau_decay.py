import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from reactive_schedules.keras.plateau_decay import PlateauDecay
from reactive_schedules.keras.scaled import Scaled
from reactive_schedules.plateau.machine import PlateauSpec, PlateauState, replay
from tests.reactive_schedules.training.small_problem import COMPILE, build_model, data, validation_data

SPEC = PlateauSpec(patience=1, factor=0.5, max_actions=3, min_delta=0.02)
SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.05, 26, 0.9)


def compiled(rate, model=None, kind=keras.optimizers.Adam, **options):
    model = model or build_model()
    model.compile(optimizer=kind(rate), **COMPILE, **options)
    return model


def train(model, callback, epochs=15):
    options = {"batch_size": 8, "epochs": epochs, "verbose": 0, "shuffle": False}
    return model.fit(*data(), validation_data=validation_data(), callbacks=[callback], **options).history


@pytest.mark.parametrize("steps_per_execution", [1, 7])
def test_a_schedule_goes_on_under_the_cuts(steps_per_execution):
    callback = PlateauDecay(SPEC)
    history = train(compiled(SCHEDULE, steps_per_execution=steps_per_execution), callback)
    assert [d.kind for d in callback.decisions] == [d.kind for d in replay(history["val_loss"], SPEC)]
    multipliers = [d.old_multiplier for d in callback.decisions]
    expected = [float(SCHEDULE(26 * (e + 1))) * m for e, m in enumerate(multipliers)]
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-6)
    assert [d.kind for d in callback.decisions].count("decay") == 3
    assert callback.decisions[-1].kind == "stop"


def test_a_constant_rate_is_cut_as_by_reduce_lr_on_plateau():
    callback = PlateauDecay(SPEC.model_copy(update={"restore_best": False, "max_actions": 99}))
    ours = train(compiled(0.05), callback)
    peer = keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_delta=0.02)
    theirs = train(compiled(0.05), peer)
    assert ours == theirs
    assert ours["learning_rate"][-1] < 0.01


@pytest.mark.parametrize(
    "rate", [0.05, SCHEDULE, Scaled(SCHEDULE, 1.0)], ids=["number", "schedule", "scaled"]
)
def test_the_floor_holds(rate):
    history = train(
        compiled(rate), PlateauDecay(PlateauSpec(patience=1, min_delta=9, factor=0.1, min_rate=0.02)), 4
    )
    assert history["learning_rate"][0] > 0.04
    assert history["learning_rate"][2:] == pytest.approx([0.02, 0.02])


def test_greedy_raises_the_rate():
    callback = PlateauDecay(PlateauSpec(action="greedy", patience=1, factor=0.8))
    history = train(compiled(0.005), callback, epochs=5)
    multipliers = [decision.old_multiplier for decision in callback.decisions]
    assert max(multipliers) > 1.2
    assert history["learning_rate"] == pytest.approx([0.005 * each for each in multipliers])


def test_the_cut_reaches_the_updates():
    # One step of plain SGD per epoch: after the cut the same gradient moves the weights half as far.
    x, y = np.ones((8, 1), "float32"), np.zeros((8, 1), "float32")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, 100, end_learning_rate=0.1)
    model.compile(optimizer=keras.optimizers.SGD(schedule), loss=lambda y, p: p)
    weights = []

    class Weights(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            weights.append(float(model.get_weights()[0][0, 0]))

    never = PlateauSpec(monitor="loss", patience=1, min_delta=1e9, restore_best=False, max_actions=2)
    model.fit(x, y, epochs=4, verbose=0, callbacks=[Weights(), PlateauDecay(never)])
    np.testing.assert_allclose(np.diff(weights), [-0.1, -0.05, -0.025], rtol=1e-4)


def test_a_model_that_was_trained_before_is_cut_as_well():
    model = compiled(SCHEDULE)
    model.fit(*data(), batch_size=8, verbose=0)
    callback = PlateauDecay(PlateauSpec(patience=1, min_delta=1e9, factor=1e-6, restore_best=False))
    before = None

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            nonlocal before
            before = model.trainable_variables[0].numpy()

    options = {"batch_size": 8, "epochs": 3, "verbose": 0, "validation_data": validation_data()}
    model.fit(*data(), callbacks=[callback, Watch()], **options)
    # The last epoch's rate is 5e-8: nothing moves any more.
    np.testing.assert_allclose(model.trainable_variables[0].numpy(), np.asarray(before), atol=1e-4)
    assert isinstance(model.optimizer._learning_rate, Scaled)


def test_it_leaves_the_best_weights():
    model = compiled(SCHEDULE)
    callback = PlateauDecay(SPEC)
    train(model, callback)
    assert model.evaluate(*validation_data(), verbose=0)[0] == pytest.approx(callback.state.best, rel=1e-5)


def test_the_state_goes_on_through_json():
    whole = PlateauDecay(SPEC.model_copy(update={"restore_best": False}))
    model = compiled(SCHEDULE)
    expected = train(model, whole, epochs=8)
    model = compiled(SCHEDULE)
    first = PlateauDecay(whole.spec)
    history = train(model, first, epochs=3)
    state = PlateauState.model_validate(json.loads(json.dumps(first.state.model_dump(mode="json"))))
    rest = train(model, PlateauDecay(whole.spec, state), epochs=5)
    assert {name: history[name] + rest[name] for name in rest} == expected


def test_used_again_it_counts_anew():
    callback = PlateauDecay(SPEC)
    train(compiled(SCHEDULE), callback, epochs=4)
    once = callback.decisions
    train(compiled(SCHEDULE), callback, epochs=4)
    assert callback.decisions == once


def test_reset_slots_keep_the_iterations():
    model = compiled(SCHEDULE)
    train(model, PlateauDecay(SPEC.model_copy(update={"slots": "reset"})), epochs=5)
    assert int(model.optimizer.iterations) == 5 * 26


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(8, "relu"), keras.layers.Dense(3, "softmax")

    def call(self, x):
        return self.out(self.hidden(x))


class OwnStep(Subclass):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            predicted = self(x, training=True)
            loss = self.compute_loss(x, y, predicted)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return {**self.compute_metrics(x, y, predicted), "loss": loss}


def sequential():
    return keras.Sequential([keras.layers.Dense(8, "relu"), keras.layers.Dense(3, "softmax")])


@pytest.mark.parametrize(
    ("make", "policy"),
    [(sequential, "float32"), (Subclass, "float32"), (OwnStep, "float32"), (Subclass, "mixed_float16")],
)
def test_a_model_that_its_first_step_builds(make, policy):
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        keras.utils.set_random_seed(0)
        spec = PlateauSpec(patience=1, min_delta=1e9, monitor="loss", max_actions=2, slots="reset")
        callback, model = PlateauDecay(spec), compiled(SCHEDULE, make(), keras.optimizers.Adagrad)
        history = train(model, callback, epochs=3)
        kinds = [decision.kind for decision in callback.decisions]
        assert kinds == [decision.kind for decision in replay(history["loss"], spec)]
        assert "decay" in kinds
        # Adagrad's slots do not begin at 0.
        slots = callback._initial_slots[-4:]
        assert [(slot.min(), slot.max()) for slot in slots] == [(np.float32(0.1), np.float32(0.1))] * 4
    finally:
        keras.mixed_precision.set_dtype_policy("float32")


def test_an_optimizer_is_built_once():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01))
    model = build_model()
    model.compile(optimizer=optimizer, **COMPILE)
    for _ in range(2):
        train(model, PlateauDecay(SPEC), epochs=1)
    paths = [variable.path for variable in optimizer.variables]
    assert len(paths) == len(set(paths))


def test_nan_before_there_is_anything_to_go_back_to():
    x, y = data()
    model = compiled(0.1, keras.Sequential([keras.layers.Dense(3, "softmax")]))
    with pytest.raises(ValueError, match=r"^model: 'val_loss' is not finite.*; add a keras.Input"):
        model.fit(x * np.nan, y, verbose=0, validation_data=validation_data(), callbacks=[PlateauDecay(SPEC)])


@pytest.mark.filterwarnings("ignore:PlateauDecay ignores this epoch")
def test_epochs_that_are_not_validated_are_passed_over():
    callback = PlateauDecay(PlateauSpec(patience=1, min_delta=1e9, max_actions=9))
    options = {"batch_size": 8, "epochs": 6, "verbose": 0, "validation_freq": 2}
    model = compiled(0.1)
    history = model.fit(*data(), validation_data=validation_data(), callbacks=[callback], **options).history
    assert [decision.kind for decision in callback.decisions] == ["continue", "decay", "decay"]
    assert history["learning_rate"] == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.05, 0.05])


def test_a_fit_that_is_never_validated_is_named_and_keeps_its_weights():
    model = compiled(0.1)
    before = model.get_weights()[0]
    with (
        pytest.warns(UserWarning, match="PlateauDecay ignores this epoch: 'val_loss' is not in the logs"),
        pytest.raises(ValueError, match="^monitor: 'val_loss' is not in .* or pass validation_data to fit$"),
    ):
        model.fit(*data(), epochs=2, verbose=0, callbacks=[PlateauDecay(SPEC)])
    assert (model.get_weights()[0] != before).any()


def test_a_rate_that_is_a_function_is_refused_before_training():
    model = compiled(lambda: 0.1)
    with pytest.raises(ValueError, match="^optimizer: learning rate is a function, which cannot be cut"):
        train(model, PlateauDecay(SPEC))
    assert int(model.optimizer.iterations) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"spec": PlateauSpec(action="grow")},
            "action: 'grow' changes the batch size, which a callback cannot do; use 'decay'",
        ),
        ({"spec": {"patience": 2}}, r"^spec: must be a PlateauSpec, .*; got {'patience': 2}$"),
        ({"spec": SPEC, "state": {"epoch": 1}}, r"^state: must be a PlateauState"),
        ({"spec": SPEC, "state": PlateauState.start(PlateauSpec(), 1)}, "state: belongs to a different spec"),
        (
            {"spec": SPEC, "state": PlateauState.start(SPEC, 1).model_copy(update={"stopped": True})},
            "state: has already stopped; leave it out",
        ),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        PlateauDecay(**arguments)


def test_a_missing_metric_is_named():
    with pytest.raises(ValueError, match="monitor: 'val_auc' is not in the logs; choose one of"):
        train(compiled(0.1), PlateauDecay(PlateauSpec(monitor="val_auc")), epochs=1)
