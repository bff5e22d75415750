"""Files of rows, read and written without a model."""

import csv
import gzip
import io
import json

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from components.errors import UserError
from components.features import RawFeature
from pipeline.prediction import readers
from pipeline.prediction.readers import open_rows
from pipeline.prediction.writers import check_output, open_writer

NOTHING_NEEDED = {}


def read(file) -> list[dict]:
    rows = open_rows(str(file), NOTHING_NEEDED)
    return [row for batch in rows.batches() for row in batch.to_pylist()]


def write(file, *batches: pa.RecordBatch) -> None:
    with open_writer(str(file), batches[0].schema) as writer:
        for batch in batches:
            writer.write(batch)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6) | st.sampled_from(
    ['"', '""', "a,b", "\n", "line\nfeed", " spaced ", "NA", "007", "1.50"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    st.lists(st.tuples(cells, cells, st.text("xyz", min_size=1)), min_size=1, max_size=8), st.integers(1, 40)
)
def test_csv_comes_back_as_it_was(tmp_path, monkeypatch, rows, block):
    """Read in blocks of any size, written, and read by Python's own reader."""
    monkeypatch.setattr(readers, "BLOCK_BYTES", block)
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    with source.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("a", "b c", "Größe, cm"), *rows])
    opened = open_rows(str(source), NOTHING_NEEDED)
    write(target, *opened.batches())
    with target.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["a", "b c", "Größe, cm"], *map(list, rows)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n", [{"a": "1", "b": "2"}]),
        (b'"a","b"\n"1",\n', [{"a": "1", "b": ""}]),
        (b"a,b\n\n1,2\n\n", [{"a": "1", "b": "2"}]),
        (b"a,b\n1,2", [{"a": "1", "b": "2"}]),
        (b'a,b\n"x\ny",2\n', [{"a": "x\ny", "b": "2"}]),
    ],
    ids=["byte order mark", "quoted header", "blank lines", "no line feed at the end", "line feed in a cell"],
)
@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz"])
def test_csv_dialects(tmp_path, content, expected, name):
    file = tmp_path / name
    file.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert read(file) == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.csv", b"", "it is empty; a header"),
        ("rows.csv", b"a,b\n", "a header and no rows"),
        ("rows.csv", b"a,a\n1,2\n", "the column 'a' is there more than once"),
        ("rows.csv", b"a,b\r1,2\r", "its lines end with a carriage return alone"),
        ("rows.csv", b"a,b\n1,2\n3\n", "row 2: 1 cell where the header has 2"),
        ("rows.csv", b"a,b\n1,2\n3,\xff\n", "row 2: text that is not UTF-8"),
        ("rows.csv", b'a,b\n1,"2\n3,4\n', "a quoted cell is never closed"),
        ("rows.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-9], "the file is damaged"),
        ("rows.parquet", b"x", "no readable Parquet file"),
        ("rows.tfrecord", b"", "it has no examples"),
        ("rows.tfrecord", b"x" * 20, "does not begin with a record"),
        ("rows.xlsx", b"x", "the suffix is none of .csv"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message) as raised:
        read(tmp_path / name)
    assert name in str(raised.value)


def test_row_of_a_fault_counts_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "BLOCK_BYTES", 16)
    (tmp_path / "rows.csv").write_text("a,b\n" + "1,2\n" * 40 + "3\n")
    with pytest.raises(UserError, match="row 41: 1 cell "):
        read(tmp_path / "rows.csv")


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "BLOCK_BYTES", 16)
    monkeypatch.setattr(readers, "MAX_ROW_BYTES", 64)
    (tmp_path / "rows.csv").write_text('a,b\n1,"2\n' + "1,2\n" * 1000)
    with pytest.raises(UserError, match="a row of more than 64 bytes"):
        read(tmp_path / "rows.csv")


def test_parquet_keeps_types(tmp_path):
    frame = pd.DataFrame({"n": [1, 2], "x": [0.5, None], "t": ["a", None], "image": [[1.0, 2.0], [3.0, 4.0]]})
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    frame.to_parquet(source)
    write(target, *open_rows(str(source), NOTHING_NEEDED).batches())
    assert parquet.read_table(target).equals(parquet.read_table(source))


def test_columns_of_all_kinds_in_a_csv_file(tmp_path):
    columns = {
        "whole": pa.array([1, None]),
        "number": pa.array([0.1, 1e20], pa.float32()),
        "flag": pa.array([True, None]),
        "list": pa.array([[1, 2], []]),
        "text as bytes": pa.array([b"a,b", None]),
        "bytes": pa.array([b"\xff\x00", b""]),
        "kind": pa.array(["x", None]).dictionary_encode(),
    }
    write(tmp_path / "out.csv", pa.record_batch(columns))
    assert list(csv.reader(io.StringIO((tmp_path / "out.csv").read_text()))) == [
        list(columns),
        ["1", "0.1", "True", "[1, 2]", "a,b", "/wA=", "x"],
        ["", "1e+20", "", "", "", "", ""],
    ]


def test_examples_become_columns(tmp_path, monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(readers, "RECORDS", 2)
    features = {"size": RawFeature("float32", None, "size"), "image": RawFeature("float32", (2,), "image")}
    rows = [{"size": [1.5], "image": [1, 2], "id": [b"a"], "raw": [b"\xff"]}, {"image": [3, 4], "id": [b"b"]}, {"size": [2.5], "image": [5, 6]}]  # fmt: skip
    with tf.io.TFRecordWriter(str(tmp_path / "rows.tfrecord")) as writer:
        for row in rows:
            example = tf.train.Example()
            for name, values in row.items():
                kind = "bytes_list" if isinstance(values[0], bytes) else "float_list"
                getattr(example.features.feature[name], kind).value.extend(values)
            writer.write(example.SerializeToString())
    opened = open_rows(str(tmp_path / "rows.tfrecord"), features)
    read = pa.Table.from_batches(opened.batches()).to_pylist()
    assert [row["size"] for row in read] == [1.5, None, 2.5]
    assert [row["image"] for row in read] == [[1, 2], [3, 4], [5, 6]]
    assert [row["id"] for row in read] == ["a", "b", None]
    assert [row["raw"] for row in read] == [b"\xff", None, None]


def test_an_output_appears_whole_or_not_at_all(tmp_path):
    batch = pa.record_batch({"a": ["1"]})

    def write_and_fail(name):
        with open_writer(str(tmp_path / name), batch.schema) as writer:
            writer.write(batch)
            raise RuntimeError

    for name in ("out.csv", "out.csv.gz", "out.parquet"):
        with pytest.raises(RuntimeError):
            write_and_fail(name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [("out.xlsx", "the suffix is none of"), ("there.csv", "it exists; give --overwrite"), ("no/out.csv", "no such folder"), ("a.csv", "it is a folder")],
)  # fmt: skip
def test_outputs_that_are_refused(tmp_path, name, message):
    (tmp_path / "there.csv").write_text(json.dumps("kept"))
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(UserError, match=message):
        check_output(str(tmp_path / name), overwrite=False)
    check_output(str(tmp_path / "there.csv"), overwrite=True)


def test_an_output_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(UserError, match="out.csv: it cannot be written: No such file or directory"):
        write(tmp_path / "gone" / "out.csv", pa.record_batch({"a": ["1"]}))
