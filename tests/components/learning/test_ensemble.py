"""Models that are averaged, on data in memory."""

import gc
import json
import weakref
from dataclasses import replace

import keras
import numpy as np
import pytest

from components import metrics
from components.errors import UserError
from components.evaluator import words
from components.features import Input, LabelFeature, ModelSchema
from components.learning.calibration import calibrated, temperature
from components.learning.ensemble import averaging, learn_ensemble
from components.learning.goal import Goal
from components.learning.learn import built, learn
from components.learning.members import check_warm_start, members_in, name_of, seeds
from components.learning.outputs import Outputs, Scale
from components.learning.residuals import residuals_of
from components.learning.task import Task
from components.learning.warm_start import Base, take_weights
from components.model_store import model_files
from reactive_schedules.training.tensorflow.sources import ArraySource
from tests.components.learning.test_learn import (
    BINARY,
    NUMBER,
    RARE,
    SOFTMAX,
    WEIGHTS,
    X,
    predictions,
    spec,
    task_of,
)

BUILD = "tests.components.user_models"


def ensemble_of(task, goal, build="answering", chosen=None, inputs=None, **hyperparameters):
    """Returns an ensemble of two, and what its members predict before calibration."""
    optimizers, answered = [], []

    def learn_member(number, member):
        gc.collect()
        assert all(each() is None for each in optimizers)  # memory for one at a time
        done = learn(task, member, f"{BUILD}.{build}", hyperparameters, goal=goal)
        optimizers.append(weakref.ref(done.model.optimizer))
        outputs = done.model(inputs or {"x_xf": X}, training=False)
        answered.append(replace(done.outputs, temperature=1.0).predictions(outputs).numpy())
        return done

    chosen = chosen or spec(2)
    return learn_ensemble(task, chosen, 2, f"{BUILD}.{build}", hyperparameters, goal, learn_member), answered


@pytest.mark.parametrize(
    ("build", "from_logits"), [("answering", False), ("answering", True), ("compiled", True)]
)
def test_probabilities_are_averaged_then_calibrated_and_judged(build, from_logits, tmp_path):
    task = task_of(BINARY, RARE, weights=WEIGHTS)
    goal = Goal(from_logits=from_logits and build != "compiled", weight="w", metric="f1")
    more = (
        {"units": 2, "from_logits": True} if build == "compiled" else {"units": 2} if from_logits else SOFTMAX
    )
    ensemble, answered = ensemble_of(task, goal, build, **more)
    done, mean = ensemble.learned, np.mean(answered, axis=0)
    assert np.abs(answered[0] - answered[1]).max() > 0.01
    assert done.outputs.temperature == pytest.approx(temperature(RARE, mean, WEIGHTS), rel=1e-4)
    found = predictions(done)
    np.testing.assert_allclose(found, calibrated(mean, done.outputs.temperature), atol=1e-6)
    f1 = metrics.find("f1")
    assert done.threshold == pytest.approx(metrics.best_threshold(f1, RARE, found, WEIGHTS, 1), abs=1e-5)
    scores = ensemble.card()["validation"]
    assert scores["f1"]["average"] == f1.score(RARE, found, WEIGHTS, 1, done.threshold)
    assert scores["cross_entropy"]["average"] == metrics.find("cross_entropy").score(RARE, found, WEIGHTS)

    done.model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")  # which needs nothing of this package
    np.testing.assert_array_equal(
        again.predict({"x_xf": X}, 64, verbose=0), done.model.predict({"x_xf": X}, 64, verbose=0)
    )
    assert not again.compiled


def test_a_member_is_the_model_that_its_seed_alone_gives():
    task, goal, chosen = task_of(BINARY, RARE), Goal(metric="accuracy"), spec(2)
    ensemble, answered = ensemble_of(task, goal, chosen=chosen, **SOFTMAX)
    for place, member in enumerate(ensemble.members):
        alone = learn(
            task, chosen.model_copy(update={"seed": place}), f"{BUILD}.answering", SOFTMAX, goal=goal
        )
        assert (member.seed, member.result.history) == (place, alone.result.history)
        assert member.scores == alone.scores
        layer = ensemble.learned.model.get_layer(name_of(place + 1))
        for one, other in zip(layer.get_weights(), alone.model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(answered) == 2


def test_numbers_are_averaged_and_their_residuals_are_of_the_average():
    labels = (1000 + 200 * X[:, 0]).astype(np.float32)
    ensemble, answered = ensemble_of(
        task_of(NUMBER, labels, Scale(1000.0, 200.0)), Goal(metric="mae"), units=1
    )
    found = predictions(ensemble.learned)
    np.testing.assert_allclose(found, np.mean(answered, axis=0), rtol=1e-6)
    assert ensemble.learned.residuals.widths == pytest.approx(residuals_of(labels, found).widths, abs=1e-3)
    scores = ensemble.card()["validation"]
    assert scores["rmse"]["average"] == pytest.approx(np.sqrt(np.mean((found - labels) ** 2)), rel=1e-6)
    assert scores["mae"]["members"] == pytest.approx(
        [np.mean(np.abs(each - labels)) for each in answered], rel=1e-6
    )


def test_a_regression_whose_loss_takes_labels_as_they_are():
    counts = np.random.default_rng(3).poisson(np.exp(1 + 0.5 * X[:, 0])).astype(np.float32)
    task = replace(task_of(NUMBER, counts, Scale(3.0, 2.0)), truth=None)
    ensemble, answered = ensemble_of(task, Goal(loss="poisson"), units=1, activation="softplus")
    found = predictions(ensemble.learned)
    np.testing.assert_allclose(found, np.mean(answered, axis=0), rtol=1e-6)
    assert ensemble.learned.scores["rmse"] == pytest.approx(np.sqrt(np.mean((found - counts) ** 2)), rel=1e-6)


def test_several_labels_are_averaged_one_by_one():
    label = LabelFeature("tags", "multilabel", ("a", "b"))
    logits = np.array([[2, -1], [0, 3]], np.float32)
    schema = ModelSchema({"x_xf": Input((3,), "float32")}, label)

    def model(row):
        column = keras.Input((3,), name="x_xf")
        answer = keras.layers.Dense(
            2, kernel_initializer="zeros", bias_initializer=keras.initializers.Constant(row)
        )
        return keras.Model({"x_xf": column}, answer(column))

    outputs = Outputs(2, from_logits=True, is_multilabel=True)
    found = np.asarray(averaging([model(row) for row in logits], schema, outputs)({"x_xf": X[:1]}))
    np.testing.assert_allclose(found, [(1 / (1 + np.exp(-logits))).mean(axis=0)], rtol=1e-6)


@pytest.mark.parametrize("kind", ["list", "subclass"])
def test_members_may_take_their_inputs_as_keras_allows(kind):
    inputs = {"x_xf": X[:, :2], "z_xf": X[:, 2:]}
    source = ArraySource((inputs, RARE.reshape(-1, 1)))
    schema = ModelSchema({"x_xf": Input((2,), "float32"), "z_xf": Input((1,), "float32")}, BINARY)
    task = Task(source, source, schema, Scale(), None)
    ensemble, answered = ensemble_of(task, Goal(calibrate=False), "two_inputs", inputs=inputs, kind=kind)
    np.testing.assert_allclose(ensemble.learned.model(inputs), np.mean(answered, axis=0), atol=1e-6)


def test_names_of_inputs_may_hold_what_names_of_layers_may_not():
    schema = ModelSchema({name: Input((1,), "float32") for name in ("a/b", "a_b")}, NUMBER)

    def model():
        parts = {name: keras.Input((1,), name=f"in{place}") for place, name in enumerate(schema.inputs)}
        return keras.Model(parts, keras.layers.Dense(1)(keras.layers.Concatenate()(list(parts.values()))))

    models = [model(), model()]
    batch = {name: np.float32([[place]]) for place, name in enumerate(schema.inputs)}
    expected = np.mean([np.asarray(each(batch)) for each in models], axis=0)
    np.testing.assert_allclose(averaging(models, schema, Outputs(0))(batch), expected, rtol=1e-6)


def test_models_that_cannot_be_averaged_are_refused_before_the_first_is_trained():
    def learn_member(number, member):
        raise AssertionError("trained")

    task = task_of(BINARY, RARE)
    message = r"training.ensemble: the models of .*\.by_python cannot be averaged \(.*\); return a functional"
    with pytest.raises(UserError, match=message):
        learn_ensemble(task, spec(1), 2, f"{BUILD}.by_python", {}, Goal(), learn_member)
    # As a single model would be.
    several = {**SOFTMAX, "named": True}
    with pytest.raises(
        ValueError, match="returned a model whose output is a dict; for classification of 'fraud'"
    ):
        learn_ensemble(task, spec(1), 2, f"{BUILD}.answering", several, Goal(), learn_member)
    with pytest.raises(ValueError, match="returned a NoneType|returned None; return a keras.Model"):
        learn_ensemble(task, spec(1), 2, f"{BUILD}.nothing", {}, Goal(), learn_member)


def test_seeds_follow_each_other_within_what_a_seed_may_be():
    assert seeds(7, 3) == [7, 8, 9]
    assert seeds(2**32 - 1, 2) == [2**32 - 1, 0]


@pytest.mark.parametrize(
    ("card", "members"),
    [({"ensemble": {"members": 5}}, 5), ({}, 1), ({"ensemble": None}, 1), ([], 1), ("{", 1), (None, 1)],
)
def test_a_warm_start_needs_as_many_models_as_there_are(card, members, tmp_path):
    path = tmp_path / model_files.CARD
    path.parent.mkdir()
    if card is not None:
        path.write_text(card if isinstance(card, str) else json.dumps(card), encoding="utf-8")
    assert members_in(tmp_path) == members
    check_warm_start(tmp_path, members)
    if members == 1:
        check_warm_start(tmp_path, 3)
        return
    message = r"training.ensemble: is 3, but .* averages 5 models; .* set training.ensemble to 5, or model.warm_start"
    with pytest.raises(UserError, match=message):
        check_warm_start(tmp_path, 3)


def test_models_start_from_those_of_an_ensemble_or_from_a_single_one(tmp_path):
    """A warm start takes weights by number, and refuses other architectures."""
    goal, task = Goal(metric="accuracy"), task_of(BINARY, RARE)
    ensemble, _ = ensemble_of(task, goal, chosen=spec(1), **SOFTMAX)
    single = ensemble.learned.model.get_layer(name_of(1))
    for name, model, card in (("several", ensemble.learned.model, ensemble.card()), ("single", single, None)):
        folder = tmp_path / name / "assets.extra"
        folder.mkdir(parents=True)
        model.save(folder / "model.keras")
        (folder / "model.json").write_text(json.dumps({"ensemble": card} if card else {}), encoding="utf-8")
    for name, number, expected in (("several", 1, 1), ("several", 2, 2), ("single", 2, 1)):
        fresh = built(task, 9, f"{BUILD}.answering", SOFTMAX)
        take_weights(fresh, Base(tmp_path / name, number, 2))
        layer = ensemble.learned.model.get_layer(name_of(expected))
        for one, other in zip(fresh.get_weights(), layer.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    wide = built(task, 9, f"{BUILD}.answering", {**SOFTMAX, "units": 3})
    with pytest.raises(ValueError, match=r"weight 1 is kernel \(3, 2\) there, kernel \(3, 3\) here"):
        take_weights(wide, Base(tmp_path / "several", 1, 2))
    with pytest.raises(UserError, match="averages 2 models"):
        take_weights(fresh, Base(tmp_path / "several"))


def test_scores_that_are_not_finite_are_none():
    """As for a single model, a diverged member leaves no value, which the Evaluator does not bless."""
    labels = (1000 + 200 * X[:, 0]).astype(np.float32)
    ensemble, _ = ensemble_of(
        task_of(NUMBER, labels, Scale(1000.0, 200.0)),
        Goal(metric="mae"),
        chosen=spec(1, on_nan="stop"),
        units=1,
        kernel=keras.initializers.Constant(np.nan),
    )
    assert ensemble.learned.residuals is None
    assert ensemble.card()["validation"]["mae"] == {"average": None, "members": [None, None]}
    assert "mae no value (its models no value)" in words.ensemble(ensemble.card())
