"""Rows divided anew, with Transform fitted to the training rows of each fold."""

from collections.abc import Mapping

import numpy as np
import pytest

from components.learning.division import Division
from components.learning.prepared import prepared
from components.learning.splits import SPLITS, Split, read_split
from components.transform import levels, recipe
from components.tuner.folds import Folds, missing, preprocessing_of
from tests.components.transform import running

pytestmark = pytest.mark.slow

ROWS = 60
KINDS = 12
BY_GROUP, BY_TIME = Division("group", "code"), Division("time", "day")
CONFIG = {**running.CONFIG, "ignore": ["day"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Raw rows of twelve codes and forty days, transformed as in a pipeline; raw examples and graph."""
    folder = tmp_path_factory.mktemp("folds")
    columns = {
        "code": [[f"kind {row % KINDS}".encode()] for row in range(ROWS)],
        "size": [[float(row % 7) + (100.0 if row % KINDS == 3 else 0.0)] for row in range(ROWS)],
        "day": [[row * 7 % 40] for row in range(ROWS)],
        "target": [[row % 2] for row in range(ROWS)],
    }
    raw = running.write_raw(
        folder, columns, {"train": [list(range(40))], "eval": [list(range(40, 60))], "test": [[0]]}
    )
    running.run(raw, folder / "transformed", config=CONFIG)
    return raw["examples"], str(folder / "transformed/graph")


def folds(made, division: Division, number: int = 4) -> Folds:
    raw, graph = made
    return Folds(raw, graph, SPLITS, division, number)


def inputs(split: Split) -> Mapping[str, np.ndarray]:
    assert isinstance(split.data, tuple)
    return split.data[0]


def test_transform_is_fitted_to_the_training_rows_of_whole_groups(made, tmp_path):
    divided = folds(made, BY_GROUP)
    assert divided.fault() is None
    examples, graph = divided.made(0, tmp_path)
    assert levels.read(made[1])["code"].values == KINDS
    assert levels.read(graph)["code"].values == KINDS * 3 // 4
    assert levels.read(graph)["code"].cells == ROWS * 3 // 4
    train, validation = (read_split(examples, prepared(graph), split) for split in ("train", "eval"))
    assert (train.labels.count, validation.labels.count) == (45, 15)
    indices = [set(inputs(each)["code_xf"].reshape(-1).tolist()) for each in (train, validation)]
    assert not indices[0] & indices[1]  # the codes of validation have no index of their own
    assert len(indices[1]) == 1
    written = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()}
    again, _ = folds(made, BY_GROUP).made(0, tmp_path)  # as another process does
    assert [each.uri for each in again] == [each.uri for each in examples]
    assert written == {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()}


def test_training_rows_are_earlier_than_those_of_validation(made, tmp_path):
    divided = folds(made, BY_TIME)
    assert divided.fault() is None
    examples, graph = divided.made(2, tmp_path)
    train, validation = (read_split(examples, prepared(graph), split) for split in ("train", "eval"))
    assert (train.labels.count, validation.labels.count) == (45, 9)  # the other rows are later
    assert "day_xf" not in inputs(train)


@pytest.mark.parametrize(
    ("division", "number", "fault"),
    [
        (Division("group", "target"), 3, "there are too few groups for 3 folds"),
        (Division("time", "target"), 3, "there are too few different times for 3 folds"),
        (Division("group", "patient"), 3, "there is no column 'patient'"),
        (Division(), ROWS + 1, f"there are too few different rows for {ROWS + 1} folds"),
    ],
)
def test_rows_that_cannot_be_divided_say_why(made, division, number, fault):
    assert folds(made, division, number).fault() == fault


def test_without_raw_rows_or_a_recipe_nothing_is_divided(made, tmp_path):
    raw, graph = made
    assert missing(raw, graph, SPLITS) is None
    assert missing([], graph, SPLITS) == "the Tuner has no raw examples"
    assert missing(raw, graph, {"train": "train", "validation": "train"}).endswith("are the same")
    assert missing(raw, graph, {**SPLITS, "validation": "later"}) == "the raw examples have no split 'later'"
    assert preprocessing_of(graph) == "pipeline.preprocessing.preprocessing_fn"
    assert missing(raw, str(tmp_path), SPLITS) == f"Transform left no {recipe.FILE} to fit it anew by"
    assert preprocessing_of(str(tmp_path)) is None
