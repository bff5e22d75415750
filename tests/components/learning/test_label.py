"""What a label is, told by the examples and what describes them."""

import json

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import standard_artifacts

from components.errors import UserError
from components.features import LabelFeature
from components.learning.label import label_of, to_json
from components.learning.prepared import Untransformed
from tests.components.formats.examples import write_examples


@pytest.fixture
def resolved(tmp_path):
    """Writes examples that have the values as label, of which the last is to validate on; returns the label."""

    def found(*rows, shape=(), domain=None):
        values = [row if isinstance(row, list) else [row] for row in rows]
        schema = schema_pb2.Schema()
        kind = {bytes: "BYTES", int: "INT", float: "FLOAT"}[type(values[0][0])]
        feature = schema.feature.add(name="y", type=schema_pb2.FeatureType.Value(kind))
        feature.presence.min_fraction = 1
        feature.shape.SetInParent()
        for size in shape:
            feature.shape.dim.add(size=size)
        if domain is not None:
            feature.int_domain.max, feature.int_domain.is_categorical = domain, True
        examples = standard_artifacts.Examples()
        examples.uri, examples.split_names = str(tmp_path), '["train", "eval"]'
        for split, rows in (("train", values[:-1]), ("eval", values[-1:])):
            (tmp_path / f"Split-{split}").mkdir()
            write_examples(f"{tmp_path}/Split-{split}/examples.gz", ({"y": row} for row in rows), "GZIP")
        return label_of(to_json("y"), Untransformed(schema), [examples], ["train", "eval"])

    return found


@pytest.mark.parametrize(
    ("rows", "options", "task", "classes"),
    [
        ([0, 2, 1], {}, "classification", (0, 1, 2)),
        ([1, 0, 1], {"shape": (1,)}, "classification", (0, 1)),
        ([0, 0, 0], {"domain": 4}, "classification", (0, 1, 2, 3, 4)),
        ([0.0, 1.0], {}, "classification", (0, 1)),
        ([0.0, 0.5, 1.0], {}, "regression", ()),
        ([1.0, 1.0], {}, "regression", ()),
        ([[0, 1, 1], [0, 0, 0]], {"shape": (3,)}, "multilabel", (0, 1, 2)),
        ([[1.0, 1.0], [0.0, 1.0]], {"shape": (2,)}, "multilabel", (0, 1)),
    ],
)
def test_task_and_classes_follow_from_the_examples(resolved, rows, options, task, classes):
    label = resolved(*rows, **options)
    assert (label.name, label.key, label.task, label.classes) == ("y", "y", task, classes)
    assert label.positive == (1 if task == "classification" and len(classes) == 2 else None)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([b"a", b"b"], {}, "'y' is text; return the index of its class"),
        (
            [-1, 3],
            {},
            "'y' is an integer from -1 to 3; return the index of its class, from 0 to 999, or the number",
        ),
        ([0, 5000], {}, "'y' is an integer from 0 to 5,000;"),
        ([0, 0], {}, "'y' is 0 in all rows; there must be two classes"),
        ([[1, 0], [0, 1]], {"shape": (2,)}, "'y' has exactly one 1 in every row; return its index"),
        ([[1.0, 2.0], [0.0, 1.0]], {"shape": (2,)}, "'y' is a vector of numbers"),
        ([[1, 0, 0, 1], [0, 0, 0, 0]], {"shape": (2, 2)}, "'y' does not have one value per row"),
    ],
)
def test_what_is_neither_classes_nor_a_number_is_refused(resolved, rows, options, message):
    with pytest.raises(UserError, match=f"^label: {message}"):
        resolved(*rows, **options)


def test_a_name_that_is_not_there_is_refused_with_those_that_are():
    schema = schema_pb2.Schema()
    schema.feature.add(name="x", type=schema_pb2.FLOAT)
    with pytest.raises(UserError, match=r"^label: 'y' is not among the features that schema describes, x; "):
        label_of(to_json("y"), Untransformed(schema), [], ["train"])


def test_what_the_author_says_is_not_asked_again():
    label = LabelFeature("price", "regression", key="price_xf")
    assert label_of(to_json(label), Untransformed(schema_pb2.Schema()), [], ["train"]) == label
    assert "key" not in json.loads(LabelFeature("price", "regression").to_json())  # our own name for it
