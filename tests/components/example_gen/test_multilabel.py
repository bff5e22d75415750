"""Several labels per row: which rows have none, and what is said about each label."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from components.artifacts import REMARKS
from components.example_gen import tally
from components.example_gen.rules import Hashed
from components.example_gen.settings import Settings
from components.formats.cells.reading import Reading
from components.formats.tfrecord.records import read_batches, write_records
from tests.components.example_gen.generate import execute, resolved
from tests.components.formats.sources import decode

LISTS = [["a", "b"], ["a"], [], None, ["b"], ["a", "a"]]
COPIES = 20


def _csv(folder, lists):
    cells = ["" if each is None else "|".join(each) or "[]" for each in lists]
    (folder / "rows.csv").write_text("n,tags\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells)))


def _parquet(folder, lists):
    pq.write_table(pa.table({"n": range(len(lists)), "tags": pa.array(lists)}), folder / "rows.parquet", 50)


def _tfrecord(folder, lists):
    records = []
    for n, each in enumerate(lists):
        example = tf.train.Example()
        example.features.feature["n"].int64_list.value.append(n)
        if each is not None:
            example.features.feature["tags"].bytes_list.value.extend(name.encode() for name in each)
            example.features.feature["tags"].bytes_list.SetInParent()
        records.append(example.SerializeToString())
    write_records(folder / "rows.tfrecord", records)


def written(tmp_path, write, lists, separator):
    (data := tmp_path / "data").mkdir()
    write(data, lists)
    (file,) = data.iterdir()
    settings = Settings("tags", reading=Reading(lists={"tags": separator}), task="multilabel")
    artifact = execute(resolved(data, [file.name], settings=settings), tmp_path / "examples")
    shards = sorted((tmp_path / "examples").rglob("*.gz"))
    rows = [decode(record) for shard in shards for batch in read_batches(shard, 1000) for record in batch]
    return artifact, {row["n"][0]: row.get("tags") for row in rows}


@pytest.mark.parametrize(("write", "separator"), [(_csv, "|"), (_parquet, ""), (_tfrecord, "")])
def test_rows_that_no_label_applies_to_stay_and_rows_without_labels_go(tmp_path, write, separator):
    artifact, rows = written(tmp_path, write, LISTS * COPIES, separator)
    assert {*rows} == {n for n in range(len(LISTS) * COPIES) if n % len(LISTS) != 3}
    assert rows[0] == ([b"a|b"] if separator else [b"a", b"b"])
    assert not rows[2] or rows[2] == [b"[]"]
    assert artifact.get_string_custom_property(REMARKS) == (
        f"{COPIES} of {len(LISTS) * COPIES} rows without tags are left out"
    )


def counts_of(separator: str | None, cells: list, splits: list[int]) -> tally.Counts:
    rows = pa.RecordBatch.from_pydict({"tags": pa.array(cells)})
    counts = tally.count(rows, np.array(splits), ["train", "test"], "tags", separator)
    return counts


@pytest.mark.parametrize(
    ("separator", "cells"), [("|", ["a|b", "a", "[]", "c|a"]), ("", [["a", "b"], ["a"], [], ["c", "a"]])]
)
def test_a_label_that_no_row_of_train_has_is_said(separator, cells):
    counts = counts_of(separator, cells, [0, 0, 0, 1])
    assert {key[1:]: count for key, count in counts.items() if key[0] == tally.CLASS} == {
        ("train", "a"): 2,
        ("train", "b"): 1,
        ("test", "a"): 1,
        ("test", "c"): 1,
    }
    said = list(tally.remarks(counts, ["train", "test"], "tags", Hashed(((1, 1),)), several=True))
    assert said == ["1 row of test has tags 'c', which no row of train has"]


def test_one_label_in_train_is_enough_where_rows_may_have_none():
    counts = counts_of("|", ["a", "[]", "a", "[]"], [0, 0, 1, 1])
    assert not list(tally.remarks(counts, ["train", "test"], "tags", Hashed(((1, 1),)), several=True))
