"""Losses, weights, metrics and thresholds of a training, on data in memory."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from components import metrics
from components.errors import UserError
from components.features import Input, LabelFeature, ModelSchema
from components.learning import compilation
from components.learning.calibration import calibrated, refined_loss, temperature
from components.learning.compilation import loss_of
from components.learning.goal import DEFAULT, Goal
from components.learning.learn import learn
from components.learning.outputs import Scale
from components.learning.residuals import residuals_of
from components.learning.task import Task
from reactive_schedules import TrainingSpec
from reactive_schedules.training.tensorflow.sources import ArraySource

BINARY = LabelFeature("fraud", "classification", ("no", "yes"), positive=1)
THREE = LabelFeature("kind", "classification", ("a", "b", "c"))
NUMBER = LabelFeature("price", "regression")
PLAIN = Scale()
ROWS = 240
X = np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32)
RARE = (X @ [1.0, -1.0, 0.5] + np.random.default_rng(1).normal(size=ROWS) > 2).astype(np.int64)
WEIGHTS = np.random.default_rng(2).uniform(0.1, 3, ROWS).astype(np.float32)


def spec(epochs=4, monitor="val_loss", **plateau):
    return TrainingSpec.parse(
        {
            "optimizer": {"name": "adam"},
            "learning_rate": {"family": "constant", "peak": 0.05},
            "batch_size": 32,
            "epochs": epochs,
            "plateau": {"monitor": monitor, "patience": 9, **plateau},
        }
    )


def task_of(label, labels, scale=PLAIN, weights=None) -> Task:
    y = np.reshape(labels, (-1, 1))
    more = () if weights is None else (weights / weights.mean(),)

    def source(scale):
        return ArraySource(({"x_xf": X}, y if label.classes else np.asarray(scale(y)), *more))

    schema = ModelSchema({"x_xf": Input((3,), "float32")}, label)
    train, raw = source(scale), source(Scale())
    truth = np.ravel(labels), weights
    return Task(train, train, schema, scale, None, truth, weights is not None, (raw, raw))


def learned(task, build="answering", chosen=None, goal=DEFAULT, **hyperparameters):
    return learn(task, chosen or spec(), f"tests.components.user_models.{build}", hyperparameters, goal=goal)


def predictions(done):
    return done.outputs.predictions(done.model({"x_xf": X}, training=False)).numpy()


SOFTMAX = {"units": 2, "activation": "softmax"}


@pytest.mark.parametrize("name", ["f1", "balanced_accuracy", "roc_auc", "pr_auc", "cross_entropy"])
def test_the_history_has_the_evaluators_metric_of_the_whole_split(name):
    goal = Goal(weight="w", metric=name)
    mode = "max" if metrics.find(name).larger_is_better else "min"
    done = learned(
        task_of(BINARY, RARE, weights=WEIGHTS), chosen=spec(3, f"val_{name}", mode=mode), goal=goal, **SOFTMAX
    )
    found = predictions(done)
    metric = metrics.find(name)
    threshold = metrics.best_threshold(metric, RARE, found, WEIGHTS, 1) if metric.needs_threshold else None
    best = done.result.best_metric
    assert metric.score(RARE, found, WEIGHTS, 1, threshold) == pytest.approx(best, rel=1e-5)
    assert done.threshold == (0.5 if threshold is None else pytest.approx(threshold, abs=1e-5))
    assert best == done.result.history[f"val_{name}"][done.result.best_epoch or 0]


@pytest.mark.parametrize(("loss", "from_logits"), [(None, True), ("categorical_focal_crossentropy", False)])
def test_probabilities_are_calibrated_on_the_validation_split(loss, from_logits):
    goal = Goal(loss=loss, from_logits=from_logits, weight="w", metric="f1")
    more = {"units": 2} if from_logits else SOFTMAX
    task = task_of(BINARY, RARE, weights=WEIGHTS)
    done, as_it_is = (learned(task, goal=replace(goal, calibrate=on), **more) for on in (True, False))
    before, after = predictions(as_it_is), predictions(done)
    found = temperature(RARE, before, WEIGHTS)
    assert (done.outputs.temperature, as_it_is.outputs.temperature) == (pytest.approx(found, rel=1e-5), 1)
    assert found != 1
    np.testing.assert_allclose(after, calibrated(before, found), rtol=1e-4)
    assert (after.argmax(axis=1) == before.argmax(axis=1)).all()
    f1 = metrics.find("f1")  # its threshold moves along
    assert done.threshold == pytest.approx(metrics.best_threshold(f1, RARE, after, WEIGHTS, 1), abs=1e-5)
    assert f1.score(RARE, after, WEIGHTS, 1, done.threshold) == pytest.approx(
        f1.score(RARE, before, WEIGHTS, 1, as_it_is.threshold), abs=1e-6
    )


@pytest.mark.parametrize("calibrate", [True, False])
def test_the_refined_loss_can_be_monitored(calibrate):
    goal = Goal(metric="accuracy", calibrate=calibrate)
    done = learned(
        task_of(THREE, RARE), chosen=spec(3, "val_refined_loss"), goal=goal, units=3, activation="softmax"
    )
    raw = replace(done.outputs, temperature=1.0).predictions(done.model({"x_xf": X}, training=False)).numpy()
    assert done.result.best_metric == pytest.approx(refined_loss(RARE, raw), rel=1e-5)
    assert done.result.best_metric == min(done.result.history["val_refined_loss"])


def test_a_regression_keeps_its_residuals():
    labels = (1000 + 200 * X[:, 0]).astype(np.float32)
    done = learned(task_of(NUMBER, labels, Scale(1000.0, 200.0), WEIGHTS), goal=Goal(weight="w"), units=1)
    assert done.residuals == residuals_of(labels, predictions(done), WEIGHTS)
    trial = learned(task_of(NUMBER, labels), chosen=spec(1), goal=Goal(objective="val_loss"), units=1)
    assert trial.residuals is None


def test_the_judged_metric_and_a_function_of_the_user_are_logged():
    own = "tests.components.user_metrics.lost_accuracy"
    done = learned(
        task_of(BINARY, RARE), chosen=spec(2, f"val_{own}", mode="min"), goal=Goal(metric="mcc"), **SOFTMAX
    )
    assert {f"val_{own}", "val_mcc", "val_accuracy", "accuracy"} <= set(done.result.history)


def test_accuracy_is_judged_where_the_probabilities_are_even():
    done = learned(task_of(BINARY, RARE), goal=Goal(metric="accuracy"), **SOFTMAX)
    assert done.threshold == 0.5
    assert (
        learned(task_of(THREE, RARE), goal=Goal(metric="macro_f1"), units=3, activation="softmax").threshold
        is None
    )


def test_the_mean_absolute_error_of_a_regression_is_in_label_units():
    labels = (1000 + 200 * X[:, 0]).astype(np.float32)
    done = learned(
        task_of(NUMBER, labels, Scale(1000.0, 200.0)), chosen=spec(2), goal=Goal(metric="rmse"), units=1
    )
    history = done.result.history
    error = predictions(done) - labels
    last = done.result.best_epoch or 0
    assert history["val_mean_absolute_error"][last] == pytest.approx(np.abs(error).mean(), rel=1e-4)
    assert history["val_rmse"][last] == pytest.approx(np.sqrt(np.square(error).mean()), rel=1e-4)
    assert history["mean_absolute_error"][0] > history["val_mean_absolute_error"][last] > 5


def test_weights_count_in_the_loss():
    """Half of the rows have weight 0 and a label that contradicts the others."""
    labels = np.where(np.arange(ROWS) % 2, RARE, 1 - RARE)
    weights = (np.arange(ROWS) % 2).astype(np.float32)
    done = learned(
        task_of(BINARY, labels, weights=weights),
        chosen=spec(12),
        goal=Goal(weight="w", metric="roc_auc"),
        **SOFTMAX,
    )
    assert done.result.history["val_roc_auc"][-1] > 0.9
    assert done.result.history["val_accuracy"][-1] > 0.9
    assert done.result.history["accuracy"][-1] > 0.9


@pytest.mark.parametrize(
    ("loss", "logits"),
    [
        (None, True),
        ("categorical_focal_crossentropy", False),
        ("categorical_focal_crossentropy", True),
        ("kl_divergence", True),
    ],
)
def test_logits_are_probabilities_where_they_leave_the_model(loss, logits):
    goal = Goal(loss=loss, from_logits=logits, metric="accuracy")
    done = learned(
        task_of(BINARY, RARE), chosen=spec(12), goal=goal, units=2, activation=None if logits else "softmax"
    )
    found = predictions(done)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert done.result.history["val_accuracy"][-1] > 0.85
    assert np.mean(found.argmax(axis=1) == RARE) == pytest.approx(
        done.result.history["val_accuracy"][done.result.best_epoch or 0], abs=1e-6
    )


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("loss", [None, "categorical_crossentropy"])
def test_smoothed_labels_are_those_of_keras(loss, logits):
    smoothed, _ = loss_of(Goal(loss=loss, from_logits=logits, label_smoothing=0.2), THREE)
    outputs = keras.ops.softmax(X, -1) if not logits else X
    classes = np.arange(ROWS) % 3
    expected = keras.losses.CategoricalCrossentropy(from_logits=logits, label_smoothing=0.2)
    assert float(smoothed(classes[:, None], outputs)) == pytest.approx(
        float(expected(np.eye(3)[classes], outputs)), rel=1e-5
    )


def test_smoothed_labels_keep_probabilities_from_the_ends_and_stay_out_of_the_saved_model(tmp_path):
    labels = (X[:, 0] > 0).astype(np.int64)
    goal = Goal(metric="accuracy", label_smoothing=0.2, calibrate=False)
    plain, smoothed = (
        learned(task_of(BINARY, labels), chosen=spec(60), goal=each, units=2, activation="softmax")
        for each in (replace(goal, label_smoothing=0.0), goal)
    )
    most = [np.quantile(predictions(done).max(axis=1), 0.9) for done in (plain, smoothed)]
    assert most[1] < most[0] - 0.01
    smoothed.model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").loss == plain.model.loss


def test_a_loss_of_the_users_own_gets_labels_in_their_unit():
    counts = np.random.default_rng(3).poisson(np.exp(1 + 0.5 * X[:, 0])).astype(np.float32)
    done = learned(
        task_of(NUMBER, counts, Scale(3.0, 2.0)),
        chosen=spec(25),
        goal=Goal(loss="tests.components.user_losses.poisson", metric="mae"),
        units=1,
    )
    assert done.outputs.scale == Scale()
    weights = np.ravel(done.model.get_weights()[0])
    assert weights[0] == pytest.approx(
        0.5, abs=0.15
    )  # the rate of the counts, which a scaled label would not give


def test_a_loss_that_does_not_mind_the_unit_gets_standardised_labels():
    labels = (1e4 + 300 * np.random.default_rng(4).normal(size=ROWS)).astype(np.float32)
    done = learned(
        task_of(NUMBER, labels, Scale(1e4, 300.0)),
        chosen=spec(25),
        goal=Goal(loss="tests.components.user_losses.ninth_decile", metric="quantile_loss:0.9"),
        units=1,
    )
    assert done.outputs.scale == Scale(1e4, 300.0)
    assert np.mean(labels < predictions(done)) == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize(
    ("goal", "standardised"),
    [
        (Goal(), True),
        (Goal(loss="mean_absolute_error"), True),
        (Goal(loss="huber"), False),
        (Goal(loss="tests.components.user_losses.Squared"), False),
    ],
)
def test_which_losses_standardise_the_label(goal, standardised):
    done = learned(task_of(NUMBER, 50 + X[:, 0], Scale(50.0, 2.0)), chosen=spec(1), goal=goal, units=1)
    assert done.outputs.scale == (Scale(50.0, 2.0) if standardised else Scale())


def test_a_compiled_model_keeps_its_loss_and_metrics(caplog):
    compilation._say.cache_clear()  # once a process, and other tests may have been first
    labels = 7 + X[:, 0]
    with caplog.at_level("INFO", logger="progress"):
        done = learned(task_of(NUMBER, labels, Scale(7.0, 2.0)), "compiled", goal=Goal(metric="rmse"))
    assert done.model.loss == "mean_absolute_error"
    assert {"mean_squared_logarithmic_error", "val_rmse"} <= set(done.result.history)
    assert done.outputs.scale == Scale()
    assert (
        "the model is compiled; its loss and metrics are used, its optimizer (nadam) is replaced"
        in caplog.text
    )


def test_a_compiled_model_may_have_logits():
    done = learned(task_of(BINARY, RARE), "compiled", units=2, from_logits=True)
    np.testing.assert_allclose(predictions(done).sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("label", "build", "hyperparameters", "goal", "message"),
    [
        (BINARY, "compiled", {"units": 2, "from_logits": True}, Goal(loss="kl_divergence"), "training.loss: .*compiled returns a model that is compiled, with a loss of its own; remove training.loss"),
        (BINARY, "answering", SOFTMAX, Goal(from_logits=True), "output is probabilities already, but the loss takes logits; remove from_logits"),
        (BINARY, "answering", {"units": 2}, Goal(), "or set training.from_logits if these are logits"),
        (NUMBER, "answering", {"units": 1}, Goal(loss="poisson"), "training.loss: poisson is for counts, but price is negative in some rows"),
    ],
)  # fmt: skip
def test_losses_that_do_not_fit_are_refused(label, build, hyperparameters, goal, message):
    labels = RARE if label.classes else X[:, 0]
    with pytest.raises(ValueError, match=message):
        learned(task_of(label, labels), build, goal=goal, **hyperparameters)


def number_of_nothing(labels, predictions, weights):
    return None


def test_a_metric_of_the_users_own_is_called_before_the_training(monkeypatch):
    monkeypatch.setattr("reactive_schedules.fit", lambda *_, **__: pytest.fail("the training began"))
    with pytest.raises(
        UserError, match=r"^metric .*number_of_nothing: returned None; it must return a number$"
    ):
        learned(task_of(BINARY, RARE), goal=Goal(metric=f"{__name__}.number_of_nothing"), **SOFTMAX)


def test_a_poisson_loss_needs_predictions_that_are_not_negative():
    task = task_of(NUMBER, np.abs(X[:, 0]))
    with pytest.raises(ValueError, match="predicts -.*: poisson takes the logarithm .*: {output: softplus}"):
        learned(task, chosen=spec(1), goal=Goal(loss="poisson"), units=1)
    done = learned(task, chosen=spec(1), goal=Goal(loss="poisson"), units=1, activation="softplus")
    assert np.isfinite(done.result.history["val_loss"]).all()


def test_a_saved_model_loads_with_keras_alone(tmp_path):
    done = learned(task_of(NUMBER, 7 + X[:, 0], Scale(7.0, 2.0)), chosen=spec(1), units=1)
    done.model.save(tmp_path / "model.keras")
    config = json.dumps(keras.models.load_model(tmp_path / "model.keras").get_compile_config(), default=str)
    assert "components" not in config


@pytest.mark.parametrize("kind", ["list", "subclass"])
def test_a_model_may_take_its_inputs_as_keras_allows(kind):
    task = task_of(BINARY, RARE)
    source = ArraySource(({"x_xf": X[:, :2], "z_xf": X[:, 2:]}, RARE.reshape(-1, 1)))
    schema = ModelSchema({"x_xf": Input((2,), "float32"), "z_xf": Input((1,), "float32")}, BINARY)
    both = Task(source, source, schema, Scale(), None)
    done = learned(both, "two_inputs", chosen=spec(12), goal=Goal(metric="roc_auc"), kind=kind)
    assert done.result.history["val_roc_auc"][-1] > 0.9
    assert task.schema.label == schema.label
