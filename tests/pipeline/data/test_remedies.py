"""Files that are something else than they seem, or that would hang a reader: each is told its own remedy."""

import gzip
import os
import re
import socket
import struct
from pathlib import Path

import pytest

from components.errors import UserError
from components.features import RawFeature
from components.formats.csv import text as csv_text
from components.formats.tfrecord import records as tfrecord
from components.formats.tfrecord.records import write_records
from pipeline.data.inspection import DataError, inspect
from pipeline.prediction.readers import open_rows
from tests.components.formats.examples import examples
from tests.permissions import run_without_override

FEATURES = {"x": RawFeature("float32", None, "x"), "y": RawFeature("float32", None, "y")}
TABLE = "x,label\n1,a\n2,b\n"


def sequence_example() -> bytes:
    import tensorflow as tf

    example = tf.train.SequenceExample()
    example.context.feature["label"].int64_list.value.append(1)
    example.feature_lists.feature_list["x"].feature.add().float_list.value.append(1)
    return example.SerializeToString()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(TABLE.encode()), "is compressed with gzip instead of CSV; unpack it"),
        (
            b"PK\x03\x04rest",
            "is a ZIP archive or an Excel workbook .*; unpack it, or export the sheet as CSV",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an Excel workbook .*; export the sheet as CSV"),
        (b"PAR1\x15\x04", "is a Parquet file instead of CSV; rename it to .parquet"),
        (TABLE.encode("utf-16")[:-1], "the text in UTF-16 is damaged; save the file as UTF-8"),
        (
            TABLE.encode("utf-16-le"),
            "byte 2 is NUL, which text does not have; save the file as text in UTF-8",
        ),
        (
            b"\xef\xbb\xbf\n<!DOCTYPE html><html>",
            "is a web page or XML .*; download or convert the data itself",
        ),
        (b'{"x": 1, "label": "a"}\n', "is JSON instead of CSV; convert it to CSV"),
        (b"\x00\x05\x16\x07\x00", "is metadata of macOS instead of CSV; delete it"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer .*; fetch the data"),
        (b"x" * 10_000_000, "the first line must be a header with the names of the columns"),
        (
            b"x" * 1_000_000,
            "a column has a name of more than 1,000 characters; the first line must be a header",
        ),
        (b"x,label\n" + b"1,a\r" * 17_000_000, "some lines end with a carriage return alone"),
        (b'"' + b"\n" * 5_000_000, "a quoted cell is never closed"),
        (b",".join(b"c%d" % number for number in range(40_000)) + b",label\n", "has 40,001 columns"),
        (b"c," * 400_000 + b"label\n", "duplicate column 'c'; rename one of them"),
    ],
)
def test_csv_that_is_something_else(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError, match=f"a.csv.* {message}"):
        inspect(tmp_path, "label")


def test_a_byte_order_mark_is_not_part_of_the_first_name(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + TABLE.encode())
    assert inspect(tmp_path, "label").columns == ("x", "label")


def test_columns_may_be_called_like_the_marks_of_other_formats(tmp_path):
    (tmp_path / "a.csv").write_text("PAR1,PK,BZh,label\n1,2,3,a\n2,3,4,b\n")
    assert inspect(tmp_path, "label").columns == ("PAR1", "PK", "BZh", "label")


@pytest.mark.parametrize(
    "content", [b"x" * 3000, b"x,y\n" + b"1" * 3000], ids=["a long header", "a long row"]
)
def test_a_compressed_file_that_unpacks_to_an_endless_row(tmp_path, monkeypatch, content):
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 64)
    monkeypatch.setattr(csv_text, "MAX_ROW_BYTES", 1024)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(content))
    with pytest.raises(UserError, match="a row has more than 1,024 bytes; is it a CSV file"):
        list(open_rows(str(tmp_path / "a.csv.gz"), FEATURES).batches())


@pytest.mark.parametrize("name", ["a.csv.gz", "a.tfrecord.gz"])
def test_a_file_that_is_not_compressed(tmp_path, name):
    (tmp_path / name).write_text(TABLE)
    with pytest.raises(UserError, match="the file is not compressed; remove .gz from its name"):
        open_rows(str(tmp_path / name), FEATURES)


def claim(length: int) -> bytes:
    """The begin of a record of this length."""
    field = struct.pack("<Q", length)
    return field + tfrecord._checksum(field)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (claim(2**60) + b"x", "record 1: a length of 1,152,921,504,606,846,976 bytes, more than 268,435,456"),
        (claim(2**28) + b"x", "record 1: the file is truncated in the middle of a record"),
        (gzip.compress(TABLE.encode()), "is compressed with gzip instead of TFRecords; unpack it"),
        (b"PAR1\x15" + b"\0" * 20, "is a Parquet file instead of TFRecords; rename it to .parquet"),
    ],
)
def test_tfrecords_that_are_something_else(tmp_path, content, message):
    (tmp_path / "a.tfrecord").write_bytes(content)
    with pytest.raises(DataError, match=f"a.tfrecord: .*{message}"):
        inspect(tmp_path, "label")


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (lambda: [sequence_example()], "the records are tf.SequenceExamples; convert them to tf.Examples"),
        (lambda: [b"no example"], "the records are not serialised tf.Examples"),
        (lambda: [b"", b""], "'label' is not a column of .*a.tfrecord; it has none"),
        (
            lambda: examples({"x": [1], "label": [0]}, {"x": [b"1"], "label": [1]}),
            "feature 'x' is int64 in some examples and bytes in others; write one type",
        ),
        (
            lambda: examples({"x": [1], "label": [0, 1]}, {"x": [1]}),
            "label holds vectors of 2 zeros and ones; write lists of the labels that apply",
        ),
        (
            lambda: examples({"x": [1], "label": [b"\xff"]}, {"x": [1], "label": [b"a"]}),
            "label in .* is not UTF-8 text; write it as UTF-8",
        ),
    ],
    ids=["sequences", "text", "empty", "mixed types", "several labels", "label of bytes"],
)
def test_records_that_cannot_be_trained_on(tmp_path, records, message):
    write_records(tmp_path / "a.tfrecord", records())
    with pytest.raises(DataError, match=message):
        inspect(tmp_path, "label")


def test_types_that_differ_between_files(tmp_path):
    write_records(tmp_path / "a.tfrecord", examples({"x": [1], "label": [0]}))
    write_records(tmp_path / "b.tfrecord", examples({"x": [1.5], "label": [1]}))
    with pytest.raises(
        DataError, match=r"b.tfrecord: feature 'x' is float, but int64 in the examples before"
    ):
        inspect(tmp_path, "label")


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(os.path.relpath(path))  # because a socket's name is limited to 108 bytes


def make_loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (os.mkfifo, "is a named pipe instead of a file; write its contents to a file"),
        (make_socket, "is a socket instead of a file"),
        (lambda path: path.symlink_to("/dev/null"), "is a device instead of a file"),
        (lambda path: path.symlink_to("/nowhere.csv"), "is a link to a file that does not exist"),
        (make_loop, "cannot be read: Too many levels of symbolic links"),
        (lambda path: path.symlink_to("/proc/self/mem"), "cannot be read: Input/output error"),
        (Path.mkdir, "is a folder instead of a file"),
    ],
    ids=["pipe", "socket", "device", "broken link", "loop", "unreadable", "folder"],
)
def test_what_is_not_a_file(tmp_path, monkeypatch, make, message):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.csv"
    make(path)
    with pytest.raises(DataError, match=message):
        inspect(tmp_path, "label")
    with pytest.raises(UserError, match=f"a.csv: {message}"):
        list(open_rows(str(path), FEATURES).batches())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a\0.csv", r"'.*a\\x00.csv': the name has control characters"),
        ("a\n.csv", r"'.*a\\n.csv': the name has control characters, such as a line break; rename it"),
        ("\udcff.csv", r"'.*\\udcff.csv': the name is not UTF-8; rename it"),
        ("a" * 300 + ".csv", r"a.csv:? cannot be read: File name too long"),
    ],
    ids=["NUL", "line break", "not UTF-8", "too long"],
)
def test_names(tmp_path, name, message):
    path = tmp_path / name
    if len(name) < 10 and "\0" not in name:
        path.write_text(TABLE)
        with pytest.raises(DataError, match=message.replace("': ", "' ")):
            inspect(tmp_path, "label")  # in its folder
    with pytest.raises(DataError, match=message):
        inspect(path, "label")
    with pytest.raises(UserError, match=message):
        open_rows(str(path), FEATURES)


def test_a_name_that_is_a_pattern_of_spans(tmp_path):
    (tmp_path / "a{SPAN}.csv").write_text(TABLE)
    with pytest.raises(DataError, match=r"contains \{SPAN\}, which TFX treats as a pattern; rename it"):
        inspect(tmp_path / "a{SPAN}.csv", "label")


INSPECT = "import sys; from pathlib import Path; from pipeline.data.inspection import inspect; inspect(Path(sys.argv[1]), 'label')"


@pytest.mark.parametrize("what", [".", "a.csv"])
def test_no_permission(tmp_path, what):
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / what).chmod(0)
    try:
        refused = run_without_override("-c", INSPECT, tmp_path).stderr.splitlines()[-1]
    finally:
        (tmp_path / what).chmod(0o700)
    assert re.fullmatch("components.errors.DataError: .*cannot be read: Permission denied", refused)
