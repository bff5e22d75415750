"""Metrics of the whole validation split, by functions of numpy arrays."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from reactive_schedules.training.checkpoint import CheckpointError
from reactive_schedules.training.fit import fit
from tests.reactive_schedules.training.small_problem import COMPILE, build_model, data, spec, validation_data
from tests.reactive_schedules.training.test_resume import Crash, assert_equal_runs

WEIGHTS = np.linspace(0.1, 2, len(validation_data()[0])).astype("float32")


def macro_recall(labels, predictions, weights):
    """No average over batches gives this."""
    chosen = predictions.argmax(1)
    weights = np.ones(len(labels)) if weights is None else weights
    of_classes = [labels == k for k in range(predictions.shape[1])]
    return np.mean([np.average(chosen[of] == labels[of], weights=weights[of]) for of in of_classes])


class Kept:
    """Keeps the rows of each epoch."""

    def __init__(self):
        self.rows = []

    def __call__(self, labels, predictions, weights):
        self.rows.append((labels, predictions, weights))
        return len(self.rows)


def weighted_data():
    return *validation_data(), WEIGHTS


def as_stream(arrays):
    return tf.data.Dataset.from_tensor_slices(arrays)


class OwnStep(keras.Model):
    """Calls the model twice, on changed inputs."""

    def test_step(self, batch):
        x, *_ = batch
        self((x + 1.0)[:, ::-1], training=False)
        return {"loss": tf.reduce_mean(self(x * 2.0, training=False))}


def own_step():
    model = build_model()
    return OwnStep(model.inputs, model.outputs)


@pytest.mark.parametrize(
    ("build", "validation", "compiled"),
    [
        pytest.param(build_model, weighted_data(), {}, id="arrays"),
        pytest.param(build_model, as_stream(weighted_data()), {}, id="stream"),
        pytest.param(build_model, validation_data(), {}, id="no weights"),
        pytest.param(build_model, weighted_data(), {"run_eagerly": True}, id="eager"),
        pytest.param(build_model, weighted_data(), {"jit_compile": True}, id="jit"),
        pytest.param(own_step, weighted_data(), {}, id="a test step of the user's own"),
    ],
)
def test_a_metric_gets_what_the_model_predicts_for_each_example_in_order(build, validation, compiled):
    model, kept = build(), Kept()
    model.compile(**COMPILE, **compiled)
    result = fit(model, data(), validation, spec(None, epochs=2), validation_metrics={"kept": kept})
    assert result.history["val_kept"] == [1, 2]
    x, y = validation_data()
    labels, predictions, weights = kept.rows[-1]
    np.testing.assert_array_equal(np.ravel(labels), y)
    np.testing.assert_allclose(predictions, model.predict(x, verbose=0), atol=1e-6)
    if isinstance(validation, tuple) and len(validation) == 2:
        assert weights is None
    else:
        np.testing.assert_array_equal(weights, WEIGHTS)


def test_a_metric_is_monitored_and_replaces_the_models_own():
    model = build_model()
    result = fit(
        model,
        data(),
        weighted_data(),
        spec(monitor="val_accuracy", mode="max"),
        **COMPILE,
        validation_metrics={"accuracy": macro_recall},
    )
    assert result.best_metric == max(result.history["val_accuracy"])
    # The model was left with its best weights.
    predictions = model.predict(validation_data()[0], verbose=0)
    assert macro_recall(validation_data()[1], predictions, WEIGHTS) == pytest.approx(result.best_metric)


def test_a_run_with_metrics_resumes_bit_for_bit(tmp_path):
    def run(**options):
        model = build_model()
        chosen = spec(epochs=5, monitor="val_recall", mode="max")
        metrics = {"recall": macro_recall}
        return model, fit(
            model, data(), weighted_data(), chosen, **COMPILE, validation_metrics=metrics, **options
        )

    whole = run()
    with pytest.raises(KeyboardInterrupt):
        run(checkpoint_dir=tmp_path, checkpoint_every=4, callbacks=[Crash(3, 14)])
    assert_equal_runs(whole, run(checkpoint_dir=tmp_path, checkpoint_every=4))
    with pytest.raises(CheckpointError, match=r"validation metrics \['recall'\], but this run has None"):
        fit(
            build_model(),
            data(),
            weighted_data(),
            spec(epochs=5, monitor="val_recall", mode="max"),
            **COMPILE,
            checkpoint_dir=tmp_path,
        )


def test_several_outputs_are_nests():
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(4, "relu")(inputs)
    outputs = {name: keras.layers.Dense(units, name=name)(hidden) for name, units in (("a", 1), ("b", 2))}
    model, kept = keras.Model(inputs, outputs), Kept()
    x = data(40)[0]
    labels = {"a": x[:, :1], "b": x[:, 1:3]}
    fit(
        model, (x, labels), (x, labels), spec(None, epochs=1), loss={"a": "mse", "b": "mse"},
        validation_metrics={"kept": kept},
    )  # fmt: skip
    got, predictions, _ = kept.rows[0]
    np.testing.assert_array_equal(got["b"], labels["b"])
    np.testing.assert_allclose(predictions["b"], model.predict(x, verbose=0)["b"], atol=1e-6)


@pytest.mark.parametrize(
    ("validation", "metric", "message"),
    [
        (None, macro_recall, "^validation_metrics: need validation data, but validation is None"),
        (validation_data(), lambda *_: None, "^validation_metrics: 'own' must return a number, got None"),
    ],
)
def test_unusable_metrics_are_refused(validation, metric, message):
    with pytest.raises(ValueError, match=message):
        fit(
            build_model(),
            data(),
            validation,
            spec(None, epochs=1),
            **COMPILE,
            validation_metrics={"own": metric},
        )


def test_integer_weights_are_repeated_rows():
    """In every metric, and in the loss, whose weights have a mean of 1."""
    x, y = validation_data()
    times = np.arange(len(y)) % 4
    repeated = np.repeat(x, times, axis=0), np.repeat(y, times)
    histories = [
        fit(
            build_model(), data(), validation, spec(None, epochs=2), **{**COMPILE, "metrics": None},
            weighted_metrics=["accuracy"], validation_metrics={"recall": macro_recall},
        ).history
        for validation in ((x, y, (times / times.mean()).astype("float32")), repeated)
    ]  # fmt: skip
    for name in ("val_loss", "val_accuracy", "val_recall"):
        np.testing.assert_allclose(histories[0][name], histories[1][name], rtol=1e-5)
