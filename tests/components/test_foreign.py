"""Trainer and Tuner on the artifacts of a pipeline that was not made for them."""

import json
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.proto import trainer_pb2
from tfx.types import Artifact, standard_artifacts
from tfx.types.channel import Channel

from components.errors import UserError
from components.learning.best_hyperparameters import FILE, by_path, read_best
from components.learning.label import label_of, to_json
from components.learning.prepared import prepared
from components.trainer.component import Trainer
from components.tuner.component import Tuner
from tests.components import foreign
from tests.components.formats.examples import examples
from tests.components.transform import running

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_children")]

ROWS = 120
SPEC = {
    "optimizer": {"name": "adam"},
    "learning_rate": {"family": "constant", "peak": 0.03},
    "batch_size": 16,
    "epochs": 8,
}
GRAPH = {"transform_graph": Channel(type=standard_artifacts.TransformGraph)}
SCHEMA = {"schema": Channel(type=standard_artifacts.Schema)}


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> dict[str, list[Artifact]]:
    """Trees whose kind follows from their size."""
    sizes = [float(row % 30) for row in range(ROWS)]
    columns = {
        "size": [[size] for size in sizes],
        "kind": [[foreign.KINDS[int(size // 10)].encode()] for size in sizes],
        "age": [[row % 7] for row in range(ROWS)],
        "tall": [[int(size > 15)] for size in sizes],
        "gaps": [[] if row % 3 else [1.0] for row in range(ROWS)],
    }
    rows = list(range(ROWS))
    return running.write_raw(
        tmp_path_factory.mktemp("raw"), columns, {"most": [rows[:90]], "rest": [rows[90:]], "train": [rows]}
    )


@pytest.fixture(scope="module")
def transformed(raw, tmp_path_factory) -> dict[str, list[Artifact]]:
    out = running.run(
        raw, tmp_path_factory.mktemp("transformed"), "tests.components.foreign.preprocessing_fn", config={}
    )
    folder = running.artifact(standard_artifacts.Examples, out / "examples")
    folder.split_names = raw["examples"][0].split_names
    return {
        "examples": [folder],
        "transform_graph": [running.artifact(standard_artifacts.TransformGraph, out / "graph")],
    }


def done(component: BaseComponent, folder: Path, inputs: dict[str, list[Artifact]]) -> dict[str, Path]:
    """Runs the executor of a component as an orchestrator does; returns its output folders by key."""
    outputs = {key: [channel.type()] for key, channel in component.outputs.items()}
    for key, (artifact,) in outputs.items():
        artifact.uri = str(folder / "Component" / key / "1")
        Path(artifact.uri).mkdir(parents=True)
    made_by: Any = component.executor_spec
    executor = made_by.executor_class
    context = executor.Context(tmp_dir=str(folder / "tmp"), unique_id="1")
    executor(context).Do(inputs, outputs, dict(component.exec_properties))
    return {key: Path(artifact.uri) for key, (artifact,) in outputs.items()}


def trainer(label="tree", described=GRAPH, build_model=foreign.build_model, **options) -> Trainer:
    given = {"train_args": "most", "eval_args": trainer_pb2.EvalArgs(splits=["rest"]), **options}
    return Trainer(Channel(type=standard_artifacts.Examples), SPEC, build_model, label, **described, **given)


def record_of(folders: dict[str, Path]) -> dict:
    return json.loads((folders["training_record"] / "record.json").read_text(encoding="utf-8"))


def served(folders: dict[str, Path]):
    return tf.saved_model.load(str(folders["model"] / "Format-Serving"))


@pytest.fixture(scope="module")
def trained(transformed, tmp_path_factory) -> dict[str, Path]:
    """A training on two artifacts of the same examples."""
    inputs = {**transformed, "examples": transformed["examples"] * 2}
    return done(trainer(), tmp_path_factory.mktemp("trained"), inputs)


def test_classes_are_those_of_the_vocabulary(trained):
    """`tft.compute_and_apply_vocabulary` gives indices by frequency, then by name in descending order."""
    label = record_of(trained)["label"]
    assert label["classes"] == sorted(foreign.KINDS, reverse=True)
    assert (label["name"], label["key"], label["task"]) == ("kind", "tree", "classification")
    model = served(trained).signatures["serving_default"]
    found = model(examples=tf.constant(examples({"size": [1.0], "age": [1]}, {"size": [25.0], "age": [1]})))
    assert found["prediction"].numpy().tolist() == [b"ash", b"cedar"]
    assert found["probabilities"].shape == (2, 3)


def test_several_artifacts_are_trained_on(trained):
    record = record_of(trained)
    assert record["history"]["examples_seen"][0] == 2 * 90
    assert record["history"]["val_accuracy"][-1] > 0.8


def test_the_data_is_known_by_its_content(trained, transformed, tmp_path):
    """A pipeline that says nothing about its data still gets another fingerprint for other rows."""
    once = record_of(done(trainer(custom_config={"units": 2}), tmp_path, transformed))
    assert len(once["data"]["fingerprint"]) == 64
    assert once["data"] != record_of(trained)["data"]
    assert once["candidate"] != record_of(trained)["candidate"]
    assert once["model"] == {"build": "tests.components.foreign.build_model", "hyperparameters": {"units": 2}}


def test_classes_are_numbers_if_no_vocabulary_gives_the_indices(transformed):
    described = prepared(transformed["transform_graph"][0].uri)
    label = label_of(to_json("age"), described, transformed["examples"], ["most"])
    assert (label.name, label.classes) == ("age", tuple(range(7)))


def test_the_buckets_of_a_vocabulary_are_classes_with_names(raw, tmp_path):
    out = running.run(raw, tmp_path / "buckets", "tests.components.foreign.with_buckets", config={})
    made = running.artifact(standard_artifacts.Examples, out / "examples")
    made.split_names = raw["examples"][0].split_names
    graph = running.artifact(standard_artifacts.TransformGraph, out / "graph")
    years = label_of(to_json("years"), prepared(graph.uri), [made], ["most"])
    assert (years.name, years.classes) == ("age", ("0", "6", "5", "(other 1)", "(other 2)"))
    folders = done(trainer(), tmp_path, {"examples": [made], "transform_graph": [graph]})
    assert record_of(folders)["label"]["classes"] == ["cedar", "birch", "(other)"]
    rows = tf.constant(examples(*({"size": [size], "age": [1]} for size in (1.0, 15.0, 28.0))))
    found = served(folders).signatures["serving_default"](examples=rows)
    assert found["prediction"].numpy().tolist() == [b"(other)", b"birch", b"cedar"]


def test_one_output_for_two_classes_is_the_probability_of_the_second(raw, tmp_path):
    """On raw examples, which their schema describes; text and gaps in them are for Transform."""
    tall = {**raw, "schema": [running.artifact(standard_artifacts.Schema, tmp_path / "schema")]}
    (tmp_path / "schema").mkdir()
    text = Path(raw["schema"][0].uri, "schema.pbtxt").read_text(encoding="utf-8")
    kept = [part for part in text.split("feature {")[1:] if not {'"kind"', '"gaps"'} & set(part.split())]
    (tmp_path / "schema/schema.pbtxt").write_text(
        "".join(f"feature {{{part}" for part in kept), encoding="utf-8"
    )
    folders = done(trainer("tall", SCHEMA, custom_config={"single": True}), tmp_path, tall)
    record = record_of(folders)
    assert record["label"]["classes"] == [0, 1]
    assert record["history"]["val_loss"][-1] < record["history"]["val_loss"][0] < 5
    rows = tf.constant(examples({"size": [1.0], "age": [1]}, {"size": [29.0], "age": [1]}))
    found = served(folders).signatures["serving_default"](examples=rows)
    assert found["prediction"].numpy().tolist() == [0, 1]
    np.testing.assert_array_equal(found["logistic"][:, 0], found["probabilities"][:, 1])
    np.testing.assert_allclose(np.sum(found["probabilities"], axis=1), 1, rtol=1e-6)


def test_what_is_no_dense_number_is_refused_by_name(raw, transformed, tmp_path):
    with pytest.raises(ValueError, match=r"^schema: '(kind' is text|gaps' is sparse); make it "):
        done(trainer("tall", SCHEMA), tmp_path / "schema", raw)
    out = running.run(raw, tmp_path / "sparse", "tests.components.foreign.with_sparse", config={})
    sparse = {
        **transformed,
        "transform_graph": [running.artifact(standard_artifacts.TransformGraph, out / "graph")],
    }
    with pytest.raises(ValueError, match=r"^preprocessing_fn: 'gaps' is sparse; make it dense"):
        done(trainer(), tmp_path / "graph", sparse)
    with pytest.raises(
        UserError, match=r"^label: 'kind' is not among the features that preprocessing_fn describes, "
    ):
        done(trainer("kind"), tmp_path / "label", transformed)


def test_a_model_of_keras_2_is_refused_in_a_line(transformed, tmp_path):
    with pytest.raises(ValueError, match=r"^model.build: .*of_keras_2 returned a model of Keras 2") as caught:
        done(trainer(build_model=foreign.of_keras_2), tmp_path, transformed)
    assert "\n" not in str(caught.value)


def test_hyperparameters_go_both_ways_between_our_components_and_tfx(transformed, tmp_path):
    """TFX's Tuner writes, and its Trainer reads, the config of KerasTuner's `HyperParameters`."""
    theirs = keras_tuner.HyperParameters()
    theirs.Fixed("learning_rate", 0.005)
    theirs.Fixed("units", 3)
    folder = tmp_path / "best"
    folder.mkdir()
    (folder / "hyperparameters.json").write_text(json.dumps(theirs.get_config()), encoding="utf-8")
    best = running.artifact(standard_artifacts.HyperParameters, folder)
    channel = {"hyperparameters": Channel(type=standard_artifacts.HyperParameters)}
    record = record_of(done(trainer(**channel), tmp_path, {**transformed, "hyperparameters": [best]}))
    assert record["training"]["learning_rate"]["peak"] == 0.005
    assert record["model"]["hyperparameters"] == {"units": 3}
    assert by_path({"batch_size": 8, "tuner/epochs": 2, "model.units": 4, "dropout.rate": 0.5}) == {
        "batch_size": 8,
        "tuner/epochs": 2,
        "model.units": 4,
        "model.dropout.rate": 0.5,
    }


def test_a_search_understands_what_the_trainer_does(transformed, tmp_path):
    """On two artifacts, with the label's classes from the vocabulary."""
    tuner = Tuner(
        Channel(type=standard_artifacts.Examples),
        {**SPEC, "epochs": 2},
        foreign.build_model,
        "tree",
        {"model": {"units": [4, 8]}},
        "grid",
        folds=0,
        custom_config={"units": 4},
        train_args="most",
        eval_args="rest",
        **GRAPH,
    )
    folders = done(tuner, tmp_path, {**transformed, "examples": transformed["examples"] * 2})
    study = json.loads((folders["study"] / "study.json").read_text(encoding="utf-8"))
    assert [trial["values"] for trial in study["trials"]] == [{"model.units": 4}, {"model.units": 8}]
    assert all(trial["score"] is not None for trial in study["trials"])
    best = running.artifact(standard_artifacts.HyperParameters, folders["best_hyperparameters"])
    config = json.loads((folders["best_hyperparameters"] / FILE).read_text(encoding="utf-8"))
    theirs = keras_tuner.HyperParameters.from_config(config)  # as the guides of TFX read it
    assert theirs.get("model.units") == read_best([best])["model.units"]
