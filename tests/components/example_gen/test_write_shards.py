"""The examples that the ExampleGen writes are a function of the rows alone."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from components import shards
from components.errors import UserError
from components.example_gen import layout, pieces
from components.formats.csv import source as csv_source
from components.formats.csv import text as csv_text
from tests.components.example_gen.generate import generate

ROWS = 300


@pytest.fixture(scope="module")
def table() -> pa.Table:
    chance = np.random.default_rng(0)
    return pa.table(
        {
            "x": pa.array(np.round(chance.normal(size=ROWS), 3), mask=chance.random(ROWS) < 0.1),
            "hash": chance.integers(0, 9, ROWS),
            "text": [f'a "{number}",\n' for number in chance.integers(0, 50, ROWS)],
            "label": np.where(chance.random(ROWS) < 0.5, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def expected(table, tmp_path_factory) -> dict[str, list[dict]]:
    folder = tmp_path_factory.mktemp("one")
    csv.write_csv(table, folder / "rows.csv")
    return generate(folder, ["*.csv"], folder / "examples")


def test_every_row_is_in_one_split(table, expected):
    written = [
        {name: values[0] if values else None for name, values in row.items()}
        for split in expected.values()
        for row in split
    ]
    as_read = [
        {
            **row,
            "x": row["x"] and float(np.float32(row["x"])),
            "text": row["text"].encode(),
            "label": row["label"].encode(),
        }
        for row in table.to_pylist()
    ]
    assert sorted(map(repr_of, written)) == sorted(map(repr_of, as_read))
    assert {name: len(rows) > 10 for name, rows in expected.items()} == {
        "eval": True,
        "test": True,
        "train": True,
    }


def repr_of(row: dict) -> str:
    return str(sorted((name, str(value)) for name, value in row.items()))


def test_files_and_blocks_may_begin_and_end_anywhere(table, expected, tmp_path, monkeypatch):
    """Other order of rows and columns, other files, smaller blocks, more shards."""
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 100)
    monkeypatch.setattr(csv_source, "BLOCK_BYTES", 500)
    monkeypatch.setattr(pieces, "_BYTES", 300)
    monkeypatch.setattr(layout, "SHARD_BYTES", 2500)
    mixed = table.take(np.random.default_rng(1).permutation(ROWS))
    csv.write_csv(mixed.slice(0, 211), tmp_path / "b.csv")
    csv.write_csv(mixed.slice(211).select(["label", "text", "x", "hash"]), tmp_path / "a.csv")
    assert generate(tmp_path, ["*.csv"], tmp_path / "examples") == expected
    assert len(list((tmp_path / "examples/Split-train").iterdir())) > 5
    assert {file.name for file in (tmp_path / "examples").iterdir()} == {f"Split-{name}" for name in expected}


def test_parquet_and_tfrecords_become_the_same_splits(table, expected, tmp_path):
    parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=70)
    assert generate(tmp_path, ["*.parquet"], tmp_path / "examples") == expected
    joined = [
        example
        for shard in (tmp_path / "examples").rglob("*.gz")
        for batch in shards.read(str(shard))
        for example in batch
    ]
    shards.write(str(tmp_path / "records/all/rows.tfrecord.gz"), joined)
    assert generate(tmp_path / "records", ["all/*.tfrecord.gz"], tmp_path / "again") == expected


@pytest.mark.usefixtures("forked_children")
def test_worker_processes_change_nothing(table, expected, tmp_path):
    for start in range(0, ROWS, 60):
        csv.write_csv(table.slice(start, 60), tmp_path / f"{start}.csv")
    processes = ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    assert generate(tmp_path, ["*.csv"], tmp_path / "examples", beam=processes) == expected


def test_input_splits_are_kept_and_share_their_types(tmp_path):
    (tmp_path / "train.csv").write_text("n,label\n1,a\n2,b\n")
    (tmp_path / "eval.csv").write_text("label,n\na,0.5\n")
    written = generate(tmp_path, ["train.csv", "eval.csv"], tmp_path / "examples", {})
    assert sorted(written["input0"], key=str) == [
        {"n": [1.0], "label": [b"a"]},
        {"n": [2.0], "label": [b"b"]},
    ]
    assert written["input1"] == [{"n": [0.5], "label": [b"a"]}]


def test_equal_rows_stay_together(tmp_path):
    (tmp_path / "a.csv").write_text("n\n" + "7\n" * 50 + "".join(f"{n}\n" for n in range(100, 150)))
    written = generate(tmp_path, ["*.csv"], tmp_path / "examples")
    assert sorted(sum(row["n"] == [7] for row in rows) for rows in written.values()) == [0, 0, 50]


def test_a_split_without_rows_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("n\n" + "7\n" * 50)
    with pytest.raises(
        UserError,
        match="^data.splits: the split 'eval' has no examples; equal rows all go to one split, so add",
    ):
        generate(tmp_path, ["*.csv"], tmp_path / "examples")


def test_a_damaged_file_is_named_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 16)
    (tmp_path / "a.csv").write_text("n,k\n" + "1,a\n" * 9)
    (tmp_path / "b.csv").write_text("n,k\n" + "1,a\n" * 9 + "2\n")
    with pytest.raises(UserError, match="b.csv: row 10: 1 cell, but the header has 2") as raised:
        generate(tmp_path, ["*.csv"], tmp_path / "examples")
    assert str(raised.value).isprintable()
    assert not list((tmp_path / "examples").rglob("*.gz"))
