"""`fit` with what people bring along: streams, weights, accumulation, mixed precision, several devices."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from reactive_schedules.duration import Horizon
from reactive_schedules.keras.build import build
from reactive_schedules.keras.clock import Clock
from reactive_schedules.training.fit import fit
from reactive_schedules.training.tensorflow.sources import ArraySource
from tests import two_cpus
from tests.reactive_schedules.training.small_problem import (
    COMPILE,
    EXAMPLES,
    build_model,
    data,
    spec,
    validation_data,
)

EPOCHS = 5
HORIZON = Horizon.of_examples(EXAMPLES, batch_size=8, epochs=EPOCHS)
PLAIN = spec(None, epochs=EPOCHS)


def weights_of(train=None, chosen=None, model=None, **options):
    model = model or build_model()
    result = fit(model, train or data(), validation_data(), chosen or spec(epochs=EPOCHS), **options)
    return model.get_weights(), result


def assert_same(one, other, **tolerance):
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_allclose(ours, theirs, **{"rtol": 0, "atol": 0, **tolerance})


def keras_weights(batches, optimizer=None, model=None, **options):
    """The weights after Keras' own fit on the same batches in the same order, with the same step schedule."""
    model, built = model or build_model(), build(PLAIN, HORIZON)
    if optimizer:
        optimizer.learning_rate = built.schedule
    model.compile(optimizer=optimizer or built.optimizer, **COMPILE, **options)
    for epoch in range(EPOCHS):
        model.fit(batches(epoch), verbose=0)
    return model.get_weights()


def batches(arrays):
    return lambda epoch: ArraySource(arrays).batches(8, 0, PLAIN.seed, epoch)


class Stream:
    """A source of the user's own, with the batch size in the shape of its elements."""

    def __init__(self, arrays):
        self.source, self.examples = ArraySource(arrays), len(arrays[0])

    def batches(self, batch_size, start, seed, epoch):
        dataset = self.source.batches(batch_size, start, seed, epoch)
        if self.examples % batch_size:
            return dataset
        return dataset.map(
            lambda *batch: tuple(tf.ensure_shape(part, [batch_size, *part.shape[1:]]) for part in batch)
        )


def test_a_stream_trains_as_arrays_do():
    x, y = data(216)
    chosen = spec("grow", epochs=EPOCHS, max_batch_size=72)  # 8, 24 and 72 divide 216
    streamed, result = weights_of(Stream((x, y)), chosen, **COMPILE)
    arrays, expected = weights_of((x, y), chosen, **COMPILE)
    assert_same(streamed, arrays)
    assert result == expected
    assert len({*result.history["batch_size"]}) > 1


def test_unknown_cardinality_makes_no_difference():
    known = tf.data.Dataset.from_tensor_slices(data())
    unknown = known.filter(lambda x, y: True)
    assert unknown.cardinality() == tf.data.UNKNOWN_CARDINALITY
    (one, first), (other, second) = (
        weights_of(d, spec("grow", epochs=EPOCHS), **COMPILE) for d in (known, unknown)
    )
    assert_same(one, other)
    assert first == second
    assert first.history["examples_seen"] == [EXAMPLES * (e + 1) for e in range(EPOCHS)]


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (
            tf.data.Dataset.from_tensor_slices(data()).repeat(),
            "train: the dataset is infinite; remove repeat",
        ),
        (tf.data.Dataset.from_tensor_slices(data()).take(0), "train: has no examples"),
        (tf.data.Dataset.from_tensor_slices(data()).batch(8), r"pass dataset\.unbatch\(\)"),
    ],
)
def test_unfit_datasets_are_refused(dataset, message):
    with pytest.raises(ValueError, match=message):
        weights_of(dataset, **COMPILE)


@pytest.mark.parametrize("steps", [1, 7, 26, 100])
def test_steps_per_execution_make_no_difference(steps):
    class Ear(keras.callbacks.Callback):
        heard = 0

        def on_train_batch_end(self, batch, logs=None):
            self.heard += 1

    model, ear = build_model(), Ear()
    model.compile(**COMPILE, steps_per_execution=steps)
    weights, _ = weights_of(model=model, chosen=PLAIN, callbacks=[ear])
    assert_same(weights, keras_weights(batches(data())))
    assert ear.heard == EPOCHS * -(-26 // steps)


def test_eager_execution_and_xla_train_alike():
    chosen = spec(optimizer="sgd", epochs=1)

    def trained(**options):
        model = build_model(dropout=0.0)  # XLA draws other random numbers
        model.compile(**COMPILE, **options)
        return weights_of(model=model, chosen=chosen)[0]

    expected = trained()
    for options in ({"run_eagerly": True}, {"jit_compile": True}):
        assert_same(trained(**options), expected, rtol=1e-3, atol=1e-4)


def test_gradient_accumulation_keeps_the_schedule_in_time():
    def optimizer():
        return keras.optimizers.Adam(gradient_accumulation_steps=4)

    weights, result = weights_of(chosen=PLAIN, optimizer=optimizer(), **COMPILE)
    assert_same(weights, keras_weights(batches(data()), optimizer()))
    schedule, clock = build(PLAIN, HORIZON).schedule, Clock(EXAMPLES, 8)
    expected = [float(schedule(clock.last(epoch, EXAMPLES, 8))) for epoch in range(EPOCHS)]
    np.testing.assert_allclose(result.history["learning_rate"], expected, rtol=1e-6)


def test_sample_weights_count_as_in_keras():
    x, y = data()
    weighted = (x, y, np.random.default_rng(5).uniform(0, 3, len(x)))
    assert_same(weights_of(weighted, PLAIN, **COMPILE)[0], keras_weights(batches(weighted)))


@pytest.mark.parametrize("labels", ["integer", "column", "one-hot"])
@pytest.mark.parametrize("stream", [False, True])
def test_class_weights_are_sample_weights(labels, stream):
    x, y = data()
    own, class_weight = np.random.default_rng(5).uniform(0, 3, len(x)), {np.int64(0): 0.5, 2: 4}
    expected = own * np.array([0.5, 1, 4])[y]
    shaped = {"integer": y, "column": y[:, None], "one-hot": np.eye(3, dtype="float32")[y]}[labels]
    kind = tf.data.Dataset.from_tensor_slices if stream else tuple
    loss = {"loss": "categorical_crossentropy" if labels == "one-hot" else COMPILE["loss"]}
    validation = None
    results = [
        fit(build_model(), kind((x, shaped, weight)), validation, PLAIN, class_weight=by_class, **loss)
        for weight, by_class in ((own, class_weight), (expected, None))
    ]
    np.testing.assert_allclose(*(result.history["loss"] for result in results), rtol=1e-5)


def test_several_inputs_and_outputs_by_name():
    x, y = data()
    inputs = {"left": keras.Input((3,), name="left"), "right": keras.Input((3,), name="right")}
    hidden = keras.layers.Concatenate()([*inputs.values()])
    outputs = {
        "kind": keras.layers.Dense(3, activation="softmax", name="kind")(hidden),
        "size": keras.layers.Dense(1, name="size")(hidden),
    }
    model = keras.Model(inputs, outputs)
    model.compile(loss={"kind": COMPILE["loss"], "size": "mse"}, metrics={"kind": ["accuracy"]})

    def named(x, y):
        return {"left": x[:, :3], "right": x[:, 3:]}, {"kind": y, "size": x.sum(1, keepdims=True)}

    result = fit(
        model, named(x, y), named(*validation_data()), spec("grow", monitor="val_size_loss", epochs=EPOCHS)
    )
    assert {"val_kind_accuracy", "val_size_loss", "kind_loss"} <= {*result.history}
    assert result.history["val_size_loss"][-1] < result.history["val_size_loss"][0]


def test_what_a_custom_step_returns_is_in_the_history():
    class Own(keras.Sequential):
        def train_step(self, batch):
            return {**super().train_step(batch), "batch_mean": tf.reduce_mean(batch[0])}

    model = Own(build_model().layers)
    _, result = weights_of(model=model, chosen=spec(epochs=1), **COMPILE)
    x, _ = data()
    last = ArraySource((x, x)).order(PLAIN.seed, 0)[25 * 8 :]
    assert result.history["batch_mean"] == pytest.approx([x[last].mean()], rel=1e-5)
    assert {"loss", "accuracy", "val_loss"} <= {*result.history}


@pytest.fixture
def mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.usefixtures("mixed_precision")
def test_mixed_precision_resumes_exactly(tmp_path):
    whole, expected = weights_of(chosen=spec("hybrid", epochs=EPOCHS), **COMPILE)
    options = {"chosen": spec("hybrid", epochs=EPOCHS), "checkpoint_dir": tmp_path, **COMPILE}
    weights_of(until=3, **options)
    resumed, result = weights_of(**options)
    assert_same(whole, resumed)
    assert result == expected
    model = build_model()
    fit(model, data(), validation_data(), spec(epochs=1), **COMPILE)
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    paths = [variable.path for variable in model.optimizer.variables]
    assert len(set(paths)) == len(paths)  # else what is saved cannot be loaded


@pytest.mark.slow
def test_two_devices_train_as_one_does(tmp_path):
    _, two = two_cpus.compared(Path(__file__).parent / "two_devices.py", tmp_path)
    np.testing.assert_array_equal(two["resumed"], two["weights"])
    np.testing.assert_allclose(two["rates"], [[0.25, 0.125, 0.0625], [0.5, 0.5, 0.25]])
