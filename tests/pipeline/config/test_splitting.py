"""The section data.split against the data, and what it tells the ExampleGen and the user."""

import pytest

from components.example_gen.settings import Settings
from pipeline.config.errors import ConfigError
from pipeline.config.prepare import prepare
from tests.pipeline.config.tabular import load_tabular


def fitted(csv, workspace, **data):
    return prepare(
        load_tabular({"data": {"path": csv, "source": None, "label": "bought", **data}}), workspace
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"split": {"time": "day", "group": "age"}}, "data.split.group: give either time or group; only one"),
        (
            {"split": {"time": "day"}},
            "data.split.time: 'day' is not a column; the data has age, region, bought",
        ),
        ({"split": {"group": "bought"}}, "data.split.group: 'bought' is the label; give another column"),
        (
            {"split": {"stratify": True}, "label": "age"},
            "data.split.stratify: age is a quantity without classes",
        ),
        (
            {"split": {"files": {"train": "*.csv"}}},
            "data.split.files: give a pattern for train and for eval, test",
        ),
        (
            {"split": {"files": {"eval": "a.csv", "test": "b.csv"}}},
            "data.split.files: give a pattern for train and",
        ),
        (
            {"split": {"files": {"train": "../a.csv", "test": "b.csv"}}},
            "train: '../a.csv' must be a pattern of files in",
        ),
        (
            {"split": {"files": {"train": "a{SPAN}.csv", "test": "b.csv"}}},
            r"contains { or \\, which TFX treats",
        ),
        ({"split": {"files": {"train": "a*", "test": "b.csv"}}}, r"train: 'a\*' must end in .csv"),
        ({"split": {"group": "age"}, "ignore": ["region"]}, "there is no column except the label"),
    ],
)
def test_mistakes_are_refused_in_one_line(csv, tmp_path, data, message):
    with pytest.raises(ConfigError, match=message):
        fitted(csv, tmp_path / "workspace", **data)


@pytest.mark.parametrize(
    ("data", "settings", "ignored"),
    [
        ({}, {}, []),
        ({"split": {"hash": True}}, {"hash": True}, []),
        ({"split": {"time": "age"}, "ignore": ["region"]}, {"time": "age"}, ["region"]),
        ({"split": {"time": "age"}, "dates": {"age": "%y"}}, {"time": "age", "format": "%y"}, []),
        ({"split": {"group": "region"}}, {"group": "region"}, ["region"]),
        ({"split": {"column": "region"}}, {"column": "region"}, ["region"]),
        ({"split": {"stratify": True}}, {"stratify": True}, []),
    ],
)
def test_what_decides_reaches_the_example_gen(csv, tmp_path, data, settings, ignored):
    from pipeline.dag import create_components

    run = fitted(csv, tmp_path / "workspace", **data)
    example_gen, *_, transform = create_components(run)[:5]
    found = Settings.of(example_gen.exec_properties)
    assert (found.label, found.task, found.split) == ("bought", "classification", settings)
    assert run.ignored == ignored
    assert f'"ignore": {ignored}'.replace("'", '"') in str(transform.exec_properties["custom_config"])
    feature = data.get("split", {}).get("group", "")
    assert ("partition_feature_name" in example_gen.exec_properties["output_config"]) == bool(feature)
    assert feature in example_gen.exec_properties["output_config"]


def test_files_become_input_splits(csv, tmp_path):
    from pipeline.dag import create_components

    (csv / "people.csv").rename(csv / "train.csv")
    (csv / "test.csv").write_text((csv / "train.csv").read_text())
    run = fitted(csv, tmp_path / "workspace")
    properties = create_components(run)[0].exec_properties
    assert '"pattern": "train.csv"' in properties["input_config"]
    assert Settings.of(properties).split == {"shares": {"train": 14, "eval": 3, "test": 3}}
    assert run.lines[1] == (
        "data.split: there are no files for eval, so the model is validated on 18% of the rows for train, chosen by a "
        "hash; data.splits changes the share"
    )


def test_a_random_split_of_dates_is_named(csv, tmp_path):
    (line,) = fitted(csv, tmp_path / "workspace", dates={"age": "%y"}).lines
    assert line == (
        "data.split: rows of the same day (age) are in train, eval and test alike; if the model is to predict later "
        "days, set data.split: {time: age}"
    )
    for split in ({"time": "age"}, {"hash": True}, {"group": "region"}):
        assert fitted(csv, tmp_path / "workspace", dates={"age": "%y"}, split=split).lines == []
