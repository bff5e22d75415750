"""Dates, free text, lists and gaps from raw examples to the signatures of an exported model."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from components.features import LabelFeature, model_schema
from components.learning.learn import Learned
from components.learning.outputs import Outputs
from components.learning.task import Scale, Task
from components.trainer.export import export
from components.transform import levels
from components.transform.dates import FEATURES
from pipeline.models import build_model
from reactive_schedules import FitResult
from tests.components.transform import running

ROWS = 40
CONFIG = {
    "label": "target",
    "task": "classification",
    "classes": [0, 1],
    "shapes": {},
    "categorical": [],
    "ignore": [],
    "dates": {"day": "%d.%m.%Y", "at": "epoch seconds"},
    "texts": ["review"],
    "lists": {"genres": "|", "tags": ""},
    "gaps": ["size", "day"],
}


@pytest.fixture(scope="module")
def columns():
    rows = range(ROWS)
    return {
        "target": [[row % 2] for row in rows],
        "day": [[] if row == 7 else [b"%02d.%02d.2024" % (1 + row % 28, 1 + row % 12)] for row in rows],
        "at": [[86400 * row + 3600] for row in rows],
        "review": [[[b"Very good, really", b"not good at all"][row % 2]] for row in rows],
        "genres": [[[b"a|b", b"b", b"c | a", b""][row % 4]] for row in rows],
        "tags": [[b"x", b"y"][: row % 3] for row in rows],
        "size": [[] if row % 5 == 0 else [float(row)] for row in rows],
        "city": [[] if row % 6 == 0 else [b"city %d" % (row % 3)] for row in rows],
    }


@pytest.fixture(scope="module")
def graph(columns, tmp_path_factory):
    rows = list(range(ROWS))
    raw = running.write_raw(
        tmp_path_factory.mktemp("raw"), columns, {"train": [rows[:30]], "eval": [rows[30:]]}
    )
    return running.run(raw, tmp_path_factory.mktemp("transformed"), config=CONFIG)


@pytest.fixture(scope="module")
def signatures(graph, tmp_path_factory):
    output = tft.TFTransformOutput(str(graph / "graph"))
    schema = model_schema(output, LabelFeature("target", "classification", (0, 1)))
    none = (np.zeros((1, 1)), np.zeros((1, 1)))
    task = Task(none, none, schema, Scale(), output)
    folder = tmp_path_factory.mktemp("exported") / "1"
    result = FitResult({}, [], None, None, "epochs", 0, None)
    export(Learned(build_model({}, schema), result, Outputs(2), None), task, {}, str(folder))
    card = json.loads((folder / "assets.extra/model.json").read_text(encoding="utf-8"))
    return tf.saved_model.load(str(folder)).signatures, card["features"]


def row(**values):
    given = {
        "day": "03.02.2024",
        "at": 3600,
        "review": "very good",
        "genres": "a|b",
        "tags": ["x"],
        "size": 1.0,
        "city": "city 1",
    }
    return given | values


def ask(signatures, *rows):
    """Probabilities by the signature `rows`."""
    columns = {name: [each[name] for each in rows] for name in rows[0]}
    most = max(map(len, columns["tags"]))
    columns["tags"] = [[*tags, *[""] * (most - len(tags))] for tags in columns["tags"]]
    dtypes = {"at": tf.int64, "size": tf.float32}
    tensors = {name: tf.constant(values, dtypes.get(name, tf.string)) for name, values in columns.items()}
    return signatures[0]["rows"](**tensors)["probabilities"].numpy()


def transformed(signatures, *rows):
    """Transformed features of rows as examples; empty texts, NaN and empty lists are missing."""
    examples = []
    for each in rows:
        example = tf.train.Example()
        for name, value in each.items():
            values = value if isinstance(value, list) else [value]
            kind = {"at": "int64_list", "size": "float_list"}.get(name, "bytes_list")
            found = [
                x.encode() if isinstance(x, str) else x
                for x in values
                if x == x and (x != "" or name == "genres")
            ]
            getattr(example.features.feature[name], kind).value.extend(found)
        example.features.feature["target"].int64_list.value.append(0)
        examples.append(example.SerializeToString())
    assert np.array_equal(
        signatures[0]["serving_default"](examples=tf.constant(examples))["probabilities"],
        ask(signatures, *rows),
    )
    found = signatures[0]["transform_features"](examples=tf.constant(examples))
    return {name: value.numpy() for name, value in found.items()}


def test_inputs_are_dense(graph):
    spec = tft.TFTransformOutput(str(graph / "graph")).transformed_feature_spec()
    shapes = {name: feature.shape for name, feature in spec.items()}
    assert shapes == {
        "label_xf": [1],
        "numeric_xf": [
            1 + 2 * len(FEATURES) + 1 + 2
        ],  # a number, two dates, the number by quantiles, two indicators
        "city_xf": [1],
        "review_xf": [12],  # eleven words and pairs of words
        "genres_xf": [4],
        "tags_xf": [3],
    }
    assert {spec[name].dtype for name in ("review_xf", "genres_xf", "tags_xf")} == {tf.float32}


def test_both_signatures_take_text_and_lists(signatures):
    found = transformed(
        signatures, row(), row(tags=["y", "x", "unseen"], genres="c"), row(tags=[], genres="")
    )
    assert found["tags_xf"].sum(axis=1).tolist() == [1, 3, 0]
    assert found["tags_xf"][1].tolist() == [1, 1, 1]
    assert found["genres_xf"].sum(axis=1).tolist() == [2, 1, 0]
    assert signatures[1]["tags"]["several"]
    assert not signatures[1]["city"]["several"]


def test_a_date_may_be_written_as_in_the_data_or_as_iso(signatures):
    found = transformed(
        signatures, row(), row(day="2024-02-03"), row(day="2024-02-03T00:00:00Z"), row(day="04.02.2024")
    )
    numbers = found["numeric_xf"]
    assert np.array_equal(numbers[0], numbers[1])
    assert np.array_equal(numbers[0], numbers[2])
    assert not np.array_equal(numbers[0], numbers[3])


def test_gaps_have_an_indicator(signatures):
    found = transformed(signatures, row(), row(size=float("nan")), row(day=""), row(day="someday"))
    assert found["numeric_xf"][:, -2:].tolist() == [[0, 0], [1, 0], [0, 1], [0, 1]]
    assert np.isfinite(found["numeric_xf"]).all()


def test_missing_and_unseen_categories_differ(signatures, graph):
    found = transformed(
        signatures, row(city="city 0"), row(city="city 2"), row(city="elsewhere"), row(city="")
    )
    indices = found["city_xf"].ravel().tolist()
    assert sorted(indices[:2]) != indices[2:]
    assert indices[2:] == [3, 4]
    assert levels.read(str(graph / "graph")) == {"city": levels.Levels(3, 3, 25, 25)}


def test_unseen_words_are_zeros(signatures):
    found = transformed(signatures, row(), row(review="nothing known here"), row(review="Very... GOOD"))
    assert not found["review_xf"][1].any()
    assert np.array_equal(found["review_xf"][0], found["review_xf"][2])
