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
            "data.split.stratify: it needs classes, but age is a number",
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
        (
            {"split": {"group": "region"}},
            "data.split.group: 'region' has only 2 different values; each of train",
        ),
        (
            {"split": {"column": "region"}},
            "data.split.column: 'region' has 'south', 'north'; write train, eval or",
        ),
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
        ({"split": {"group": "age"}}, {"group": "age"}, ["age"]),
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


def table(folder, **columns):
    """A table of 40 rows with these columns, a number and the label."""
    filled = {name: [cells[row % len(cells)] for row in range(40)] for name, cells in columns.items()}
    filled |= {"age": range(40), "bought": ["yes", "no", "yes", "yes"] * 10}
    rows = [",".join(map(str, row)) for row in zip(*filled.values(), strict=True)]
    (folder / "people.csv").write_text("\n".join([",".join(filled), *rows]), encoding="utf-8")
    return folder


DAYS = [f"{day:02}.{month:02}.2024" for month in (1, 2) for day in range(1, 21)]


@pytest.mark.parametrize(
    ("cells", "split", "message"),
    [
        (
            [*DAYS[:39], ""],
            "time",
            "data.split.time: 'part' is empty in 1 of 40 rows; fill in these cells, or",
        ),
        ([*DAYS[:39], "NA"], "time", "data.split.time: 'part' is empty in 1 of 40 rows"),
        (
            [*DAYS[:39], "32.01.2024"],
            "time",
            "not dates or numbers, such as '32.01.2024'; correct these rows",
        ),
        (
            ["Monday", "Tuesday", "Friday"],
            "time",
            "such as 'Monday'; give their format: data.dates: {part: '%d",
        ),
        (["01/02/2024", "03/04/2024"], "time", "data.dates: in 'part', day and month cannot be told apart"),
        (
            ["01.01.2024"],
            "time",
            "data.split.time: 'part' has only 1 different time; each of train, eval, test",
        ),
        (
            [1, 2],
            "group",
            "data.split.group: 'part' has only 2 different values; each of train, eval, test needs",
        ),
        ([1, 2, 3, ""], "group", "data.split.group: 'part' is empty in 10 of 40 rows"),
        (
            ["train", "train", "train", "test"],
            "column",
            "'part' has no row for eval; mark some rows as 'eval'",
        ),
        (
            ["train", "val", "test", "tset"],
            "column",
            "data.split.column: 'part' has 'tset'; write train, eval or",
        ),
        (["train", "val", "test", ""], "column", "data.split.column: 'part' is empty in 10 of 40 rows"),
        ([0, 1, 2], "column", "data.split.column: 'part' has '0', '1', '2'; write train, eval or test"),
    ],
)
def test_rows_that_do_not_say_where_they_belong_are_refused(csv, tmp_path, cells, split, message):
    with pytest.raises(ConfigError) as raised:
        fitted(table(csv, part=cells), tmp_path / "workspace", split={split: "part"})
    assert message in str(raised.value)


def test_strata_need_rows_for_each_split(csv, tmp_path):
    rows = [f"{row},{'rare' if row < 2 else 'no'}" for row in range(40)]
    (csv / "people.csv").write_text("\n".join(["age,bought", *rows]))
    with pytest.raises(
        ConfigError, match="data.split.stratify: too few rows of bought 'rare'; each of train, eval"
    ):
        fitted(csv, tmp_path / "workspace", split={"stratify": True})


@pytest.mark.parametrize("section", [{}, {"ignore": ["day"]}, {"categorical": ["day"]}])
def test_the_format_of_times_is_recognised_whatever_the_column_is_for(csv, tmp_path, section):
    run = fitted(table(csv, day=DAYS), tmp_path / "workspace", split={"time": "day"}, **section)
    assert run.split == {"time": "day", "format": "%d.%m.%Y"}


def test_guessed_dates_are_named_too_but_not_times_of_the_day(csv, tmp_path):
    line, *_ = fitted(table(csv, day=DAYS), tmp_path / "workspace").lines
    assert line.startswith("data.split: rows of the same day (day) are in train, eval and test alike")
    lines = fitted(table(csv, at=["12:30:00", "12:31:01", "09:00:00"]), tmp_path / "workspace").lines
    assert not any("same day" in line for line in lines)


def test_a_column_that_names_splits_is_not_ignored_in_silence(csv, tmp_path):
    line, *_ = fitted(table(csv, part=["train", "train", "valid", "test"]), tmp_path / "workspace").lines
    assert line == (
        "data.split: the column 'part' says test, train and valid, but the rows are split by a hash; to split them as "
        "it says, set data.split: {column: part}"
    )
    kinds = ["train", "bus", "plane"]  # no splits
    assert not any("part" in line for line in fitted(table(csv, part=kinds), tmp_path / "workspace").lines)


def test_a_random_split_of_dates_is_named(csv, tmp_path):
    table(csv, day=[20240101 + row % 28 for row in range(40)])
    line, *_ = fitted(csv, tmp_path / "workspace", dates={"day": "%Y%m%d"}).lines
    assert line == (
        "data.split: rows of the same day (day) are in train, eval and test alike; if the model is to predict later "
        "days, set data.split: {time: day}"
    )
    for split in ({"time": "day"}, {"hash": True}, {"group": "age"}):
        lines = fitted(csv, tmp_path / "workspace", dates={"day": "%Y%m%d"}, split=split).lines
        assert not any("same day" in line for line in lines)
