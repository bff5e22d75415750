"""The section `training`: losses, class weights, and modes that follow from metrics."""

import inspect

import keras
import pytest

from components.learning.goal import LOSSES, Goal
from pipeline.config.errors import ConfigError
from pipeline.config.goal import own_code, search_goal, training_goal
from pipeline.config.prepare import prepare
from tests.pipeline.config.tabular import load_tabular

OWN = {"build": "tests.components.user_models.dense", "hyperparameters": {"width": 8}}


@pytest.fixture
def csv(tmp_path):
    folder = tmp_path / "people"
    folder.mkdir()
    rows = [f"{20 + i},{('north', 'south', 'west')[i % 3]},{i % 4},{('no', 'yes')[i % 2]}" for i in range(40)]
    (folder / "people.csv").write_text("age,region,visits,bought\n" + "\n".join(rows) + "\n")
    return folder


def loaded(csv, label="bought", **sections):
    data = {"path": csv, "source": None, "label": label, **sections.pop("data", {})}
    return load_tabular({"data": data, **sections})


def monitored(name, **plateau):
    return {"training": {"plateau": {"monitor": name, **plateau}}}


@pytest.mark.parametrize(
    ("label", "sections", "message"),
    [
        ("bought", monitored("val_f1", mode="min"), "training.plateau.mode: min contradicts val_f1, of which larger values are better; remove it"),
        ("bought", monitored("val_loss", mode="max"), "training.plateau.mode: max contradicts val_loss, of which smaller"),
        ("bought", {"search": {"objective": "val_brier", "direction": "max"}}, "search.direction: max contradicts val_brier"),
        ("bought", monitored("f1"), "training.plateau.monitor: f1 is measured on the validation split; use val_f1"),
        ("region", monitored("val_f1"), "training.plateau.monitor: val_f1 is for two classes, but region has 3"),
        ("age", monitored("val_f1"), "val_f1 is not logged when training a regression model"),
        ("age", monitored("val_refined_loss"), "val_refined_loss is not logged when training a regression model"),
        ("bought", monitored("val_refined_loss", mode="max"), "max contradicts val_refined_loss, of which smaller"),
        ("bought", {"training": {"calibrate": "often"}}, "training.calibrate: "),
        ("bought", monitored("val_tests.nowhere.score"), "training.plateau.monitor: val_tests.nowhere.score: .*No module"),
        ("bought", monitored("val_tests.components.user_metrics.missing"), "user_metrics has no function 'missing'"),
        ("bought", {"training": {"loss": "huber"}}, "training.loss: huber does not fit a classification label; use sparse_categorical_crossentropy"),
        ("bought", {"training": {"loss": "hubert"}}, "training.loss: 'hubert' is not a loss; did you mean huber?"),
        ("bought", {"training": {"loss": "tests.components.user_losses.missing"}}, "training.loss: .*has no function 'missing'"),
        ("visits", {"training": {"loss": "poisson"}}, "or the dotted path of your own function; if visits is a number to predict, set data.task: regression$"),
        ("visits", monitored("val_rmse"), "if visits is a number to predict, set data.task: regression$"),
        ("visits", {"evaluation": {"metric": "rmse"}}, "if visits is a number to predict, set data.task: regression$"),
        ("age", {"training": {"from_logits": True}}, "training.from_logits: is for classification"),
        ("bought", {"training": {"label_smoothing": 1}}, "training.label_smoothing: must be a number in "),
        ("bought", {"training": {"label_smoothing": 0.1, "loss": "tests.components.user_losses.poisson"}}, "training.label_smoothing: tests.components.user_losses.poisson takes labels as they are"),
        ("age", {"training": {"class_weight": "balanced"}}, "training.class_weight: is for classification; for a regression, use data.weight"),
        ("bought", {"training": {"class_weight": {"maybe": 2}}}, "training.class_weight: 'maybe' is not a class; the label has no, yes"),
        ("bought", {"training": {"class_weight": {"yes": -1}}}, "training.class_weight: the weight of 'yes' must be a number of at least 0; got -1"),
        ("bought", {"training": {"class_weight": "even"}}, "training.class_weight: must be balanced, or the weight of each class"),
        ("bought", {"data": {"weight": "importance"}}, "data.weight: 'importance' is not a column; the data has age, region, visits, bought"),
        ("bought", {"data": {"weight": "region"}}, "data.weight: region is text, such as 'north'; weights are numbers"),
        ("bought", {"data": {"weight": "bought"}}, "data.weight: bought is the label"),
        ("bought", {"data": {"weight": "age", "ignore": ["region", "visits"]}}, "there is no column except the label"),
        ("bought", {"data": {"positive": "maybe"}}, "data.positive: bought has no value 'maybe'; choose 'no' or 'yes'"),
        ("region", {"data": {"positive": "north"}}, "data.positive: only a label with two classes has a positive one; region has 3 classes"),
        ("age", {"data": {"positive": 1}}, "data.positive: only a label with two classes has a positive one; age has numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_refused(csv, tmp_path, label, sections, message):
    with pytest.raises(ConfigError, match=message):
        prepare(loaded(csv, label, **sections), tmp_path / "workspace")


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("val_f1", "max"),
        ("val_cross_entropy", "min"),
        ("val_mcc", "max"),
        ("val_refined_loss", "min"),
        ("val_tests.components.user_metrics.saved", "max"),
        ("val_tests.components.user_metrics.lost_accuracy", "min"),
    ],
)
def test_a_mode_follows_from_the_metric(csv, tmp_path, name, direction):
    config = prepare(
        loaded(csv, **monitored(name), search={"objective": name}), tmp_path / "workspace"
    ).config
    assert config.training.plateau.direction == direction
    assert config.training.spec.plateau.monitor == name


def test_values_of_the_data_become_indices(csv, tmp_path):
    section = {
        "class_weight": {"yes": 20},
        "loss": "categorical_focal_crossentropy",
        "label_smoothing": 0.2,
    }
    fitted = prepare(loaded(csv, training=section, data={"positive": "no"}), tmp_path / "workspace")
    assert fitted.label.positive == 0
    goal = training_goal(fitted.config, fitted.label, fitted.metric)
    expected = Goal(section["loss"], class_weight=(1.0, 20.0), metric=fitted.metric, label_smoothing=0.2)
    assert goal == expected
    assert Goal.from_json(goal.to_json()) == goal
    off = prepare(loaded(csv, training={"calibrate": False}), tmp_path / "workspace")
    assert not training_goal(off.config, off.label, off.metric).calibrate


def test_a_search_depends_on_the_judged_metric_only_where_its_threshold_counts(csv, tmp_path):
    goals = {}
    for name in ("val_roc_auc", "val_f1"):
        fitted = prepare(loaded(csv, search={"objective": name}), tmp_path / "workspace")
        goals[name] = {search_goal(fitted.config, fitted.label, metric) for metric in ("f1", "mcc")}
    assert [len(each) for each in goals.values()] == [1, 2]


def test_the_users_loss_and_metrics_are_code(csv, tmp_path):
    own = "tests.components.user_metrics.saved"
    config = loaded(csv, **monitored(f"val_{own}"))
    assert own_code(config, "accuracy") == [own]


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ({}, "training.plateau.monitor"),
        ({"search": {"objective": "val_loss"}}, "training.plateau.monitor and search.objective"),
        ({"training": {"plateau": None}, "search": {}}, "search.objective"),
        (monitored("val_f1"), ""),
        (monitored("val_refined_loss"), "training.plateau.monitor"),
    ],
    ids=["plateau", "both", "search", "neither", "refined loss"],
)
def test_class_weights_do_not_choose_the_epoch(csv, tmp_path, section, keys):
    training = {**section.get("training", {}), "class_weight": "balanced"}
    fitted = prepare(loaded(csv, **{**section, "training": training}), tmp_path / "workspace")
    lines = [line for line in fitted.lines if line.startswith("training.class_weight")]
    assert len(lines) == bool(keys)
    assert all(f"; set {keys} to val_accuracy to go by" in line for line in lines)


@pytest.mark.parametrize("name", sorted({name for names in LOSSES.values() for name in names}))
def test_keras_has_every_loss(name):
    assert {"y_true", "y_pred"} <= set(inspect.signature(keras.losses.get(name)).parameters)
