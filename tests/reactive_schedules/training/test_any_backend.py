"""What `fit` promises on every backend. Runs on TensorFlow; `test_jax.py` runs it on JAX, `make torch-test` on PyTorch."""

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest

import reactive_schedules as rs
from reactive_schedules.training.backend import backend_of
from reactive_schedules.training.checkpoint import CheckpointError
from tests.reactive_schedules.training.small_problem import data, validation_data

BACKEND = keras.backend.backend()
GOLDEN = Path(__file__).with_name("three_epochs.json")
LOSS = {"loss": "sparse_categorical_crossentropy"}


def network(kind=keras.Sequential, seed=0):
    """No random layers; the weights are NumPy's, so that they are the same on every backend."""
    layers = [keras.Input((6,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(3, "softmax")]
    model, random = kind(layers), np.random.default_rng(seed)
    model.set_weights([0.3 * random.normal(size=weight.shape) for weight in model.get_weights()])
    return model


def spec(epochs=4, batch_size=50, **plateau):
    """Of 200 examples, a whole number of batches."""
    fields = {"patience": 1, "min_delta": 1e9, "max_actions": 9, **plateau}
    return rs.TrainingSpec.parse(
        {
            "optimizer": {"name": "sgd"},
            "learning_rate": {"family": "one_cycle", "peak": 0.5},
            "batch_size": batch_size,
            "epochs": epochs,
            "plateau": fields if plateau else None,
            "seed": 3,
        }
    )


def fit(model=None, train=None, chosen=None, validation=None, **options):
    model = model or network()
    return model, rs.fit(
        model, train or data(200), validation or validation_data(), chosen or spec(), **{**LOSS, **options}
    )


def assert_equal_runs(one, other):
    assert one[1] == other[1]
    for ours, theirs in zip(
        [*one[0].variables, *one[0].optimizer.variables],
        [*other[0].variables, *other[0].optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs), err_msg=ours.path
        )


def test_three_epochs_agree_with_those_of_other_backends():
    chosen = spec(3, 8, action="hybrid", growth=2, max_batch_size=16, min_delta=0.2)
    _, result = fit(train=data(203), chosen=chosen, metrics=["accuracy"])
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert [*result.history] == [*expected]
    for name, values in expected.items():
        np.testing.assert_allclose(result.history[name], values, rtol=1e-5, err_msg=name)
    assert len({*result.history["batch_size"]}) > 1


@pytest.mark.parametrize("name", ["nadam", "adafactor"])
def test_an_optimizer_by_name_resumes(name, tmp_path):
    chosen = rs.TrainingSpec.parse({**spec(2).model_dump(mode="json"), "optimizer": {"name": name}})
    whole = fit(chosen=chosen)
    fit(chosen=chosen, checkpoint_dir=tmp_path, until=1)
    assert_equal_runs(whole, fit(chosen=chosen, checkpoint_dir=tmp_path))
    assert whole[1].history["loss"][1] != whole[1].history["loss"][0]


def linear():
    """Its loss is its output, which is its only weight: each step lowers it by the learning rate."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1))])
    return model


def output(_, predictions):
    return predictions


ONES = (np.ones((20, 1), "float32"), np.ones((20, 1), "float32"))


class Weights(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = [0.0]

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(-self.model.get_weights()[0].item())


def test_a_cut_changes_the_training_and_not_only_the_log():
    plateau = {"monitor": "loss", "action": "decay", "factor": 0.5, "restore_best": False}
    chosen = spec(5, 20, **plateau).model_copy(update={"optimizer": rs.TrainingSpec.parse(
        {"optimizer": {"name": "sgd", "momentum": 0.0}, "learning_rate": {"family": "constant", "peak": 1}}
    ).optimizer})  # fmt: skip
    heard = Weights()
    result = rs.fit(linear(), ONES, None, chosen, loss=output, callbacks=[heard])
    np.testing.assert_allclose(np.diff(heard.seen), result.history["learning_rate"], rtol=1e-6)
    assert len({*result.history["learning_rate"]}) == 5


@pytest.mark.parametrize("fits", [1, 2])
def test_a_cut_by_the_callback_does_too(fits):
    model, heard = linear(), Weights()
    rate = keras.optimizers.schedules.ExponentialDecay(1.0, 1, 0.9)
    model.compile(keras.optimizers.SGD(rate), output)
    for _ in range(fits):
        model.set_weights([np.zeros((1, 1))])
        reaction = rs.PlateauDecay(
            rs.PlateauSpec(monitor="loss", patience=1, min_delta=1e9, restore_best=False, max_actions=2)
        )
        before = int(model.optimizer.iterations)
        history = model.fit(*ONES, batch_size=20, epochs=4, verbose=0, callbacks=[reaction, heard]).history
        decided = [decision.kind for decision in reaction.decisions]
    assert decided == ["continue", "decay", "decay", "stop"]
    steps, cuts = before + np.arange(4), np.array([1, 1, 0.5, 0.25]) * 0.25 ** (fits - 1)
    np.testing.assert_allclose(np.diff(heard.seen), 0.9**steps * cuts, rtol=1e-4)
    assert len(history["learning_rate"]) == 4


def test_a_factor_that_the_training_would_not_see_is_refused():
    factor = keras.Variable(1.0, trainable=False)
    model, heard = linear(), Weights()
    model.compile(keras.optimizers.SGD(rs.Scaled(rs.Constant(1.0), factor)), output)
    halve = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: factor.assign(factor * 0.5))

    def train():
        model.fit(*ONES, batch_size=20, epochs=3, verbose=0, callbacks=[heard, halve])

    if BACKEND == "jax":
        with pytest.raises(
            rs.SpecError, match="by: on the jax backend, .* never see the variable change; use"
        ):
            train()
    else:
        train()
        np.testing.assert_allclose(np.diff(heard.seen), [1, 0.5, 0.25], rtol=1e-6)


class Counting(keras.Sequential):
    traces = 0

    def call(self, inputs, training=None, mask=None):
        self.traces += bool(training)
        return super().call(inputs, training=training, mask=mask)


@pytest.mark.skipif(BACKEND == "torch", reason="it does not trace")
@pytest.mark.parametrize("action", ["decay", "grow"])
def test_only_a_new_size_of_a_batch_is_traced_again(action):
    chosen = spec(5, 25, action=action, growth=2, max_batch_size=100)
    model, result = fit(network(Counting), chosen=chosen)
    assert len(result.decisions) >= 2
    sizes = {*result.history["batch_size"]}
    assert len(sizes) == {"decay": 1, "grow": 3}[action]
    assert model.traces == (len(sizes) if BACKEND == "jax" else 1)


def test_a_training_in_parts_equals_one_in_one_go(tmp_path):
    chosen = spec(action="hybrid", growth=2, max_batch_size=100, slots="restore")

    def dropping(seed):
        keras.utils.set_random_seed(seed)
        model = network(seed=seed)
        return keras.Sequential([keras.Input((6,)), keras.layers.Dropout(0.2), *model.layers])

    whole = fit(dropping(0), chosen=chosen)
    assert fit(dropping(0), chosen=chosen, checkpoint_dir=tmp_path, until=2)[1].stopped_by == "until"
    assert_equal_runs(whole, fit(dropping(1), chosen=chosen, checkpoint_dir=tmp_path))


class Crash(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == 7:
            raise KeyboardInterrupt


def stream(arrays):
    class Stream:
        examples = len(arrays[0])
        batches = staticmethod(backend_of("fit", "").as_source(arrays, "train").batches)

    return Stream()


@pytest.mark.parametrize("kind", [tuple, stream])
def test_a_crash_inside_an_epoch_costs_nothing(kind, tmp_path):
    whole = fit(train=kind(data(200)))
    with pytest.raises(KeyboardInterrupt):
        fit(train=kind(data(200)), checkpoint_dir=tmp_path, checkpoint_every=2, callbacks=[Crash()])
    assert_equal_runs(whole, fit(train=kind(data(200)), checkpoint_dir=tmp_path, checkpoint_every=2))


def test_a_stream_and_eager_execution_train_as_arrays_do():
    chosen, eager = spec(2), network()
    expected, result = fit(chosen=chosen)
    eager.compile(run_eagerly=True, **LOSS)
    streamed = fit(train=stream(data(200)), validation=stream(validation_data()), chosen=chosen)
    for found, other in (streamed, fit(eager, chosen=chosen)):
        np.testing.assert_allclose(other.history["val_loss"], result.history["val_loss"], rtol=1e-5)
        for ours, theirs in zip(found.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def change_record(folder, change):
    """Changes the record of a checkpoint."""
    with np.load(folder / "newest.npz") as file:
        arrays = dict(file)
    record = json.loads(arrays["record"].tobytes())
    change(record)
    arrays["record"] = np.frombuffer(json.dumps(record).encode(), np.uint8)
    np.savez(folder / "newest.npz", **arrays)


def test_a_checkpoint_without_keys_that_have_defaults_now_resumes(tmp_path):
    chosen = spec(3, action="decay", factor=0.5)
    fit(chosen=chosen, checkpoint_dir=tmp_path, until=1)

    def without(record):
        for section in (record["identity"]["spec"]["plateau"], record["plateau"]["spec"]):
            assert section.pop("min_rate") == 0.0
        assert record["identity"]["spec"]["optimizer"].pop("nesterov") is False
        assert record["identity"]["spec"].pop("seed") == 3

    change_record(tmp_path, without)
    with pytest.raises(
        CheckpointError, match="saved with spec.seed 0, but this run has 3; use another folder$"
    ):
        fit(chosen=chosen, checkpoint_dir=tmp_path)
    change_record(tmp_path, lambda record: record["identity"]["spec"].update(seed=3))
    assert_equal_runs(fit(chosen=chosen), fit(chosen=chosen, checkpoint_dir=tmp_path))


def test_a_checkpoint_of_another_backend_is_refused(tmp_path):
    fit(checkpoint_dir=tmp_path, until=1)
    change_record(tmp_path, lambda record: record["identity"].update(backend="numpy"))
    message = f"was saved with backend 'numpy', but this run has '{BACKEND}'; use another folder$"
    with pytest.raises(CheckpointError, match=message):
        fit(checkpoint_dir=tmp_path)


@pytest.mark.parametrize("kind", [tuple, stream])
def test_metrics_of_the_whole_validation_split(kind):
    def right(labels, predictions, weights):
        assert weights is None
        assert labels.shape == (60,)
        return np.mean(predictions.argmax(1) == labels)

    validation = kind(validation_data())
    _, result = fit(validation=validation, validation_metrics={"right": right}, metrics=["accuracy"])
    np.testing.assert_allclose(result.history["val_right"], result.history["val_accuracy"], rtol=1e-6)


def test_class_weights_are_sample_weights():
    x, y = data(200)
    weight = np.array([0.5, 1, 4], "float32")[y]
    one, other = fit(class_weight={0: 0.5, 2: 4.0}), fit(train=(x, y, weight))
    np.testing.assert_allclose(one[1].history["loss"], other[1].history["loss"], rtol=1e-6)
    assert one[1].history["loss"] != fit()[1].history["loss"]


def test_what_a_custom_step_returns_is_in_the_history():
    class Own(keras.Sequential):
        def train_step(self, *arguments):
            made = super().train_step(*arguments)
            total = keras.ops.sum(arguments[-1][1])
            return ({**made[0], "total": total}, made[1]) if BACKEND == "jax" else {**made, "total": total}

    _, result = fit(network(Own))
    order = np.random.default_rng([3, 0]).permutation(200)
    assert result.history["total"][0] == data(200)[1][order[150:]].sum()
    np.testing.assert_allclose(result.history["loss"], fit()[1].history["loss"], rtol=1e-6)


def test_a_range_test_leaves_the_model_as_it_was():
    model = network()
    model.compile("adam", **LOSS)
    before = model.get_weights()
    found = rs.range_test(model, data(200), low=1e-4, steps=20)
    assert found.learned
    for weight, earlier in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, earlier)


class Batches(keras.utils.PyDataset):
    def __getitem__(self, index):
        return data(10)

    def __len__(self):
        return 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"train": Batches()},
            "train: a PyDataset chooses the size and the order of its batches, so .*; pass",
        ),
        (
            {"class_weight": "balanced"},
            r"class_weight: must be a dict of weights by class index, .*'balanced'",
        ),
        ({"class_weight": [1.0, 2.0]}, r"class_weight: must be a dict of weights by class index"),
        ({"class_weight": {"out": {0: 1.0}}}, "class_weight: must be weights .* of a single output"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(change, message):
    with pytest.raises(ValueError, match=message) as error:
        fit(**change)
    assert not re.search("\n", str(error.value))


class TwoOptimizers(keras.Sequential):
    """Trains with an optimizer of its own, as networks that play against each other do."""

    def __init__(self, layers):
        super().__init__(layers)
        self.own = keras.optimizers.SGD(0.1)

    def train_step(self, *arguments):
        made = {"loss": keras.ops.mean(arguments[-1][0])}
        return (made, arguments[0]) if BACKEND == "jax" else made


IDLE = "model: its train_step makes no steps with model.optimizer, whose learning rate is set here; apply"


def test_an_optimizer_that_never_steps_is_noticed():
    with pytest.raises(ValueError, match=IDLE):
        fit(network(TwoOptimizers))
    model = network(TwoOptimizers)
    model.compile("sgd", **LOSS)
    with pytest.raises(ValueError, match=IDLE):
        rs.range_test(model, data(200))
    reaction = rs.PlateauDecay(rs.PlateauSpec(monitor="loss"))
    for callback in (reaction, rs.RateCallback(lambda rate, **_: rate)):
        with pytest.raises(ValueError, match=IDLE):
            model.fit(*data(200), verbose=0, callbacks=[callback])


def several():
    optimizers = keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.1), {".*bias": keras.optimizers.Adam()})
    return keras.optimizers.MultiOptimizer(optimizers)


@pytest.mark.skipif(not hasattr(keras.optimizers, "MultiOptimizer"), reason="an earlier Keras")
def test_an_optimizer_of_several_is_refused():
    message = (
        "optimizer: a MultiOptimizer has a learning rate for each of its optimizers, but one is needed here"
    )
    with pytest.raises(ValueError, match=message):
        fit(optimizer=several())
    model = network()
    model.compile(several(), **LOSS)
    with pytest.raises(ValueError, match=message):
        rs.range_test(model, data(200))
    for callback in (
        rs.PlateauDecay(rs.PlateauSpec(monitor="loss")),
        rs.RateCallback(lambda rate, **_: rate),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(*data(200), verbose=0, callbacks=[callback])


def test_ctrl_c_leaves_the_best_weights_and_the_result_so_far():
    class CtrlC(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 3:
                raise KeyboardInterrupt

    chosen = spec(6, action="decay", patience=3, min_delta=0)
    expected, _ = fit(chosen=chosen.model_copy(update={"epochs": 6}), until=3)
    model, result = fit(chosen=chosen, callbacks=[CtrlC()])
    assert (result.stopped_by, len(result.history["loss"])) == ("interrupt", 3)
    assert result.best_metric == min(result.history["val_loss"])
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_callbacks_that_forget_are_named_on_resumption(tmp_path, recwarn):
    callbacks = [
        keras.callbacks.EarlyStopping(patience=9),
        keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
    ]
    fit(checkpoint_dir=tmp_path / "run", callbacks=callbacks, until=2)
    assert not [warning for warning in recwarn if "forgot" in str(warning.message)]
    with pytest.warns(UserWarning, match="EarlyStopping and ModelCheckpoint forgot what came before epoch 3"):
        fit(checkpoint_dir=tmp_path / "run", callbacks=callbacks)


@pytest.mark.parametrize(
    ("callback", "key"),
    [
        (keras.callbacks.ReduceLROnPlateau(), "plateau"),
        (keras.callbacks.LearningRateScheduler(lambda epoch: 0.1), "learning_rate"),
        (rs.RateCallback(lambda rate, **_: rate), "learning_rate"),
    ],
)
def test_other_callbacks_that_set_the_rate_are_refused(callback, key):
    message = f"callbacks: {type(callback).__name__} only works with model.fit; set spec.{key} instead$"
    with pytest.raises(ValueError, match=message):
        fit(callbacks=[callback])


def test_a_part_of_a_sequence_is_asked_for_its_own_steps_only():
    class Table(keras.optimizers.schedules.LearningRateSchedule):
        """Reads an array, which has nothing beyond its end."""

        def __call__(self, step):
            steps = np.atleast_1d(keras.ops.convert_to_numpy(step))
            return np.array([[0.1, 0.2, 0.3][int(one)] for one in steps], "float32")

    rate = rs.Sequence([Table(), Table(), Table()], [3, 5])
    expected = np.array([0.1, 0.2, 0.3, 0.1, 0.2, 0.1, 0.2, 0.3], "float32")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(rate(np.arange(8))), expected)


def averaging(name):
    if name == "ema":
        return keras.optimizers.SGD(momentum=0.9, use_ema=True, ema_momentum=0.9)
    if not hasattr(keras.optimizers, "ScheduleFreeAdamW"):
        pytest.skip("an earlier Keras")
    return keras.optimizers.ScheduleFreeAdamW(warmup_steps=0)


def averages(model):
    """What the optimizer holds as the average of the weights."""
    optimizer = model.optimizer
    if optimizer.use_ema:
        return [keras.ops.convert_to_numpy(each) for each in optimizer._model_variables_moving_average]
    beta, anchors = optimizer.beta_1, optimizer._momentums
    pairs = zip(model.get_weights(), map(keras.ops.convert_to_numpy, anchors), strict=True)
    return [(weight - (1 - beta) * anchor) / beta for weight, anchor in pairs]


def test_an_average_in_the_spec_is_that_of_the_optimizer(tmp_path):
    chosen = spec(2).model_copy(update={"ema": 0.9})
    result = fit(chosen=chosen)[1]
    own = fit(chosen=spec(2), optimizer=keras.optimizers.SGD(momentum=0.9, use_ema=True, ema_momentum=0.9))[1]
    assert result == own
    assert result.history["val_loss"] != fit(chosen=spec(2))[1].history["val_loss"]
    assert result.history["loss"] == fit(chosen=spec(2))[1].history["loss"]
    with pytest.raises(
        ValueError, match="ema: belongs to the optimizer of the spec; pass use_ema to your own"
    ):
        fit(chosen=chosen, optimizer=averaging("ema"))


@pytest.mark.parametrize("name", ["ema", "schedule-free"])
@pytest.mark.parametrize("reacts", [False, True])
def test_averaged_weights_are_validated_kept_and_resumed(name, reacts, tmp_path):
    chosen = spec(4, **({"action": "decay", "min_delta": 0.0, "patience": 9} if reacts else {}))
    seen = []

    class AtTheEnd(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.average = averages(self.model)
            self.trained = self.model.get_weights()

        def on_epoch_end(self, epoch, logs=None):
            assert any((one != other).any() for one, other in zip(self.average, self.trained, strict=True))
            for ours, theirs in zip(self.model.get_weights(), self.average, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
            seen.append(self.average)

    model, result = fit(chosen=chosen, optimizer=averaging(name), callbacks=[AtTheEnd()])
    best = seen[result.best_epoch or 0 if reacts else -1]
    for ours, theirs in zip(model.get_weights(), best, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    judged = model.evaluate(*validation_data(), verbose=0)
    assert judged == pytest.approx(result.best_metric if reacts else result.history["val_loss"][-1], rel=1e-5)
    fit(chosen=chosen, optimizer=averaging(name), checkpoint_dir=tmp_path, until=2)
    again = fit(chosen=chosen, optimizer=averaging(name), checkpoint_dir=tmp_path)
    assert again[1] == result
    for ours, theirs in zip(again[0].get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_convolutions_train_as_in_keras():
    def convolving():
        layers = [keras.layers.Reshape((6, 1)), keras.layers.Conv1D(4, 3), keras.layers.Flatten()]
        model = keras.Sequential([keras.Input((6,)), *layers, keras.layers.Dense(3, "softmax")])
        random = np.random.default_rng(0)
        model.set_weights([0.3 * random.normal(size=weight.shape) for weight in model.get_weights()])
        return model

    constant = rs.TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.1}})
    chosen = spec(2).model_copy(update={"learning_rate": constant.learning_rate})
    seen = {}
    _, result = fit(
        convolving(),
        chosen=chosen,
        validation_metrics={"seen": lambda *rows: seen.update(rows=rows[1]) or 0.0},
    )
    peer, (x, y) = convolving(), data(200)
    peer.compile(keras.optimizers.SGD(0.1, momentum=0.9), **LOSS)
    for epoch in range(2):
        order, losses = np.random.default_rng([3, epoch]).permutation(200), []
        for first in range(0, 200, 50):
            batch = order[first : first + 50]
            peer.reset_metrics()
            losses.append(peer.train_on_batch(x[batch], y[batch], return_dict=True)["loss"])
        assert result.history["loss"][epoch] == pytest.approx(np.mean(losses), rel=1e-5)
    np.testing.assert_allclose(
        seen["rows"], peer.predict(validation_data()[0], verbose=0), rtol=1e-4, atol=1e-6
    )
