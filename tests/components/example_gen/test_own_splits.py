"""Splits that the user decides on, through driver and executor, from files of every format."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from components.errors import DataError, UserError
from components.example_gen import layout, ranked
from components.example_gen.settings import Settings
from components.formats.csv import source as csv_source
from components.formats.csv import text as csv_text
from components.formats.tfrecord.records import write_records
from tests.components.example_gen.generate import execute, resolved, written
from tests.components.formats.examples import examples

ROWS = 120
SHARES = {
    "splits": [
        {"name": name, "hash_buckets": share} for name, share in (("eval", 3), ("test", 3), ("train", 14))
    ]
}


@pytest.fixture(scope="module")
def table() -> pa.Table:
    chance = np.random.default_rng(0)
    return pa.table(
        {
            "n": np.arange(ROWS),
            "day": [f"2024-{1 + place // 28:02}-{1 + place % 28:02}" for place in chance.permutation(ROWS)],
            "who": [f"person {number}" for number in chance.integers(0, 30, ROWS)],
            "split": chance.choice(["training", "Dev", "holdout"], ROWS),
            "label": ["rare" if place % 20 == 0 else "common" for place in range(ROWS)],
        }
    )


def write(table: pa.Table, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".csv":
        csv.write_csv(table, file)
    elif file.suffix == ".parquet":
        parquet.write_table(table, file, row_group_size=17)
    else:
        rows = (
            {
                name: [each.encode() if isinstance(each, str) else each]
                for name, each in row.items()
                if each is not None
            }
            for row in table.to_pylist()
        )
        write_records(file, examples(*rows))


def split(
    folder: Path, patterns: Any, target: Path, split_config: dict | None = None, **settings: Any
) -> tuple[dict, Any]:
    """The numbers of the rows of each split, and the artifact."""
    options = Settings(**{"label": "label", "task": "classification", **settings})
    artifact = execute(
        resolved(folder, patterns, SHARES if split_config is None else split_config, options), target
    )
    return {name: {row["n"][0] for row in rows} for name, rows in written(target).items()}, artifact


RULES = {
    "time": ({"time": "day"}, SHARES),
    "column": ({"column": "split"}, SHARES),
    "stratify": ({"stratify": True}, SHARES),
    "group": ({"group": "who"}, {**SHARES, "partition_feature_name": "who"}),
}


@pytest.fixture(scope="module", params=RULES)
def decided(request, table, tmp_path_factory) -> tuple[str, dict]:
    """A rule, and the splits of a single CSV file."""
    folder = tmp_path_factory.mktemp("one")
    write(table, folder / "a.csv")
    rule, config = RULES[request.param]
    found, _ = split(folder, ["*.csv"], folder / "examples", config, split=rule)
    return request.param, found


def test_the_rule_decides(table, decided):
    kind, found = decided
    rows = table.to_pandas()
    values = {name: rows[rows.n.isin(numbers)] for name, numbers in found.items()}
    assert sum(map(len, found.values())) == ROWS
    if kind == "time":
        assert values["train"].day.max() < values["eval"].day.min()
        assert values["eval"].day.max() < values["test"].day.min()
        assert {name: len(each) for name, each in found.items()} == {"train": 84, "eval": 18, "test": 18}
    if kind == "column":
        for name, word in (("train", "training"), ("eval", "Dev"), ("test", "holdout")):
            assert set(values[name].split) == {word}
    if kind == "stratify":
        assert {name: sum(each.label == "rare") for name, each in values.items()} == {
            "train": 4,
            "eval": 1,
            "test": 1,
        }
    if kind == "group":
        assert sum(len(set(each.who)) for each in values.values()) == rows.who.nunique()


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".tfrecord"])
def test_files_formats_and_blocks_change_nothing(table, decided, tmp_path, monkeypatch, suffix):
    kind, expected = decided
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 200)
    monkeypatch.setattr(csv_source, "BLOCK_BYTES", 500)
    monkeypatch.setattr(layout, "SHARD_BYTES", 2000)
    mixed = table.take(np.random.default_rng(1).permutation(ROWS))
    write(mixed.slice(0, 77), tmp_path / f"b{suffix}")
    write(mixed.slice(77), tmp_path / f"a{suffix}")
    rule, config = RULES[kind]
    found, _ = split(tmp_path, [f"*{suffix}"], tmp_path / "examples", config, split=rule)
    assert found == expected


@pytest.mark.parametrize("decided", ["time", "stratify"], indirect=True)
def test_few_cells_change_little(table, decided, tmp_path, monkeypatch):
    """Large data is cut between cells of many times or hashes."""
    kind, expected = decided
    monkeypatch.setattr(ranked.Timed if kind == "time" else ranked.Stratified, "most", 8)
    for start in range(0, ROWS, 40):
        write(table.slice(start, 40), tmp_path / f"{start}.csv")
    found, _ = split(tmp_path, ["*.csv"], tmp_path / "examples", split=RULES[kind][0])
    assert set(found) == set(expected)
    assert all(found.values())
    assert sum(len(found[name] - expected[name]) for name in found) < ROWS / 4


def test_typed_times_of_parquet(table, tmp_path):
    days = pa.compute.strptime(table["day"], "%Y-%m-%d", "ns")
    write(table.set_column(1, "day", days), tmp_path / "typed/a.parquet")
    write(table, tmp_path / "text/a.csv")
    typed, _ = split(tmp_path / "typed", ["*.parquet"], tmp_path / "one", split={"time": "day"})
    text, _ = split(tmp_path / "text", ["*.csv"], tmp_path / "two", split={"time": "day"})
    assert typed == text


def test_missing_input_splits_are_shares_of_the_training_rows(table, tmp_path):
    write(table.slice(0, 100), tmp_path / "train.csv")
    write(table.slice(90), tmp_path / "test.csv")
    shares = {"train": 14, "eval": 3, "test": 3}
    found, artifact = split(
        tmp_path,
        {"train": "train.csv", "test": "test.csv"},
        tmp_path / "examples",
        {},
        split={"shares": shares},
    )
    assert found["test"] == set(range(90, ROWS))
    assert found["train"] | found["eval"] == set(range(100))
    assert not found["train"] & found["eval"]
    assert 8 <= len(found["eval"]) <= 28
    equal = len(found["train"] & found["test"])
    (remark,) = artifact.get_string_custom_property("remarks").splitlines()
    assert remark.startswith(f"{equal} of 30 rows of test are in train, too: ")


def test_a_column_of_splits_does_not_hide_equal_rows(tmp_path):
    rows = {
        "n": [1, 2, 3, 1, 9, 2],
        "split": ["train", "train", "eval", "test", "test", "eval"],
        "label": list("ababab"),
    }
    write(pa.table(rows), tmp_path / "a.csv")
    _, artifact = split(tmp_path, ["*.csv"], tmp_path / "examples", split={"column": "split"})
    remarks = artifact.get_string_custom_property("remarks")
    assert "1 of 2 rows of eval are in train, too" in remarks
    assert "of test are in train" not in remarks  # it has another label
    assert artifact.get_int_custom_property("equal_eval") == 1
    assert artifact.get_int_custom_property("equal_test") == 0


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".tfrecord"])
def test_rows_without_a_label_are_left_out(table, tmp_path, suffix):
    gaps = table.set_column(
        4, "label", pa.compute.if_else(pa.compute.less(table["n"], 30), None, table["label"])
    )
    write(gaps, tmp_path / f"a{suffix}")
    found, artifact = split(tmp_path, [f"*{suffix}"], tmp_path / "examples", split={})
    assert set.union(*found.values()) == set(range(30, ROWS))
    assert "30 of 120 rows without label are left out" in artifact.get_string_custom_property("remarks")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"train": ["a", "b"], "test": [None, None]},
            "the split 'test' has no examples; its files need rows with a label",
        ),
        (
            {"train": ["a", "a"], "test": ["a", "b"]},
            "data.split: all 2 rows of train have label 'a', so there is nothing to learn",
        ),
        ({"train": ["a", None], "test": [None, None]}, "data.label: label is empty in 3 of 4 rows"),
    ],
)
def test_splits_that_cannot_be_used(tmp_path, files, message):
    for name, labels in files.items():
        write(pa.table({"n": range(2), "label": pa.array(labels, pa.string())}), tmp_path / f"{name}.csv")
    with pytest.raises(DataError, match=message):
        split(tmp_path, {name: f"{name}.csv" for name in files}, tmp_path / "examples", {})


def test_classes_that_train_lacks_are_named(tmp_path):
    write(pa.table({"n": range(4), "label": list("abab")}), tmp_path / "train.csv")
    write(pa.table({"n": range(3), "label": list("ccc")}), tmp_path / "test.csv")
    _, artifact = split(tmp_path, {"train": "train.csv", "test": "test.csv"}, tmp_path / "examples", {})
    assert artifact.get_string_custom_property("remarks").splitlines() == [
        "3 rows of test have label 'c', which no row of train has",
        "all rows of test have label 'c', so it cannot tell good models from bad",
    ]


def test_errors_are_one_line_without_beams_words(table, tmp_path):
    write(table, tmp_path / "a.csv")
    with pytest.raises(UserError) as raised:
        split(tmp_path, ["*.csv"], tmp_path / "examples", split={"column": "who"})
    assert str(raised.value).endswith("; write train, eval or test")
