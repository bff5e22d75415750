import csv
import gzip
import io

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.errors import UserError
from components.formats.csv import text as csv_text
from components.formats.registry import open_rows
from tests.components.formats.files import NOTHING_NEEDED, read, write

cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6) | st.sampled_from(
    ['"', '""', "a,b", "\n", "line\nfeed", " spaced ", "NA", "007", "1.50"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    st.lists(st.tuples(cells, cells, st.text("xyz", min_size=1)), min_size=1, max_size=8), st.integers(1, 40)
)
def test_csv_round_trip(tmp_path, monkeypatch, rows, block):
    """Reads in blocks of any size, writes, and compares with Python's own reader."""
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", block)
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


def test_row_number_of_a_fault_counts_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 16)
    (tmp_path / "rows.csv").write_text("a,b\n" + "1,2\n" * 40 + "3\n")
    with pytest.raises(UserError, match="row 41: 1 cell, "):
        read(tmp_path / "rows.csv")


def test_a_quote_that_is_never_closed_does_not_exhaust_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 16)
    monkeypatch.setattr(csv_text, "MAX_ROW_BYTES", 64)
    (tmp_path / "rows.csv").write_text('a,b\n1,"2\n' + "1,2\n" * 1000)
    with pytest.raises(UserError, match="a row has more than 64 bytes"):
        read(tmp_path / "rows.csv")


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
