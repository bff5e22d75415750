"""CSV files as people have them: what is read from them, in training and in prediction alike."""

import csv
import gzip
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.formats.csv import source as csv_source
from components.formats.csv import text as csv_text
from components.formats.csv.rows import CsvRows
from components.formats.csv.source import CsvSource
from tests.components.formats import sources
from tests.components.formats.files import read

AB = [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]


def trained(file: Path) -> list[dict[str, str]]:
    """What the ExampleGen reads, as text."""
    rows = sources.read(CsvSource(), file)
    return [
        {name: "".join(_text(value) for value in values or ()) for name, values in row.items()}
        for row in rows
    ]


def _text(value: bytes | float) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize(
    ("content", "expected", "remark"),
    [
        ("a,b\n1,x\n2,y\n", AB, None),
        ("a;b\n1;x\n2;y\n", AB, "semicolons"),
        ("a\tb\n1\tx\n2\ty\n", AB, "tabs"),
        ("a|b\n1|x\n2|y\n", AB, "vertical bars"),
        ("a,b\r1,x\r2,y", AB, None),
        ("a,b\r1,x\r2,y\r", AB, None),
        ("a;b\r\n1;x\r\n\r\n2;y\r\n", AB, "semicolons"),
        ("\n\r\na,b\n1,x\n2,y\n", AB, None),
        (" a , b \n1,x\n2,y\n", AB, None),
        ("sep=;\na;b\n1;x\n2;y\n", AB, "semicolons"),
        ('"a";"b"\n"1";"x"\n"2";"y"\n', AB, "semicolons"),
        ("a,b,\n1,x,\n2,y,\n", AB, None),
        ("a;b\n1,5;x\n2,5;y\n", [{"a": "1,5", "b": "x"}, {"a": "2,5", "b": "y"}], "semicolons"),
        ("a,cm;b\n1,5;x\n", [{"a,cm": "1,5", "b": "x"}], "semicolons"),
        ('"a, cm";b\n1,5;x\n', [{"a, cm": "1,5", "b": "x"}], "semicolons"),
        ("a,b\n1;2,x\n3,y\n", [{"a": "1;2", "b": "x"}, {"a": "3", "b": "y"}], None),
        ('a,b\n"1,2;3",x\n', [{"a": "1,2;3", "b": "x"}], None),
        ("a,b\n1|2|3,x\n4|5|6,y\n", [{"a": "1|2|3", "b": "x"}, {"a": "4|5|6", "b": "y"}], None),
        ('a;b\n1;"x;\nx"\n', [{"a": "1", "b": "x;\nx"}], "semicolons"),
        ("a\nx|y|z\nx|y|z\nu|v|w\n", [{"a": "x|y|z"}, {"a": "x|y|z"}, {"a": "u|v|w"}], None),
        ("a;b\n1;ä\n2;€\n", [{"a": "1", "b": "ä"}, {"a": "2", "b": "€"}], "semicolons"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.CSV.gz"])
def test_what_a_file_says(tmp_path, content, expected, remark, encoding, name):
    file, content = tmp_path / name, content.encode(encoding)
    file.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert read(file) == expected
    assert trained(file) == expected
    remarks = " ".join(CsvRows(str(file)).remarks)
    assert remark is None or remark in remarks
    is_said = encoding == "utf-16" or (encoding == "cp1252" and not content.isascii())
    assert is_said == ("read as" in remarks)


cells = st.text(st.sampled_from('ab",;|\t1.-ßé \n'), min_size=1, max_size=5).filter(
    lambda text: text.strip("\n")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(cells, cells, st.integers(0, 99)), min_size=1, max_size=8),
    st.sampled_from(",;|\t"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.integers(2, 40),
)
def test_tables_of_pandas_are_read_back(tmp_path, monkeypatch, rows, mark, encoding, ends, packed, block):
    """With any separator, encoding, line end and compression, in blocks of any size."""
    frame = pd.DataFrame(rows, columns=["größe", "b c", "n"])
    quoting = (
        csv.QUOTE_NONNUMERIC if ends == "\r" else csv.QUOTE_MINIMAL
    )  # pandas would leave "\n" without quotes
    text = frame.to_csv(sep=mark, index=False, lineterminator=ends, quoting=quoting)
    content = text.encode(encoding)
    if encoding.startswith("utf-16"):
        content = "\ufeff".encode(encoding) + content
    file = tmp_path / f"rows.csv{'.gz' * packed}"
    file.write_bytes(gzip.compress(content) if packed else content)
    expected = [dict(zip(frame.columns, map(str, row), strict=True)) for row in rows]
    with monkeypatch.context() as patch:
        patch.setattr(csv_text, "BLOCK_BYTES", block)
        patch.setattr(csv_source, "BLOCK_BYTES", block)
        assert read(file) == expected
        for found in (
            sources.read(CsvSource(), file),
            list(csv.DictReader(io.StringIO(text, newline=""), delimiter=mark)),
        ):
            assert len(found) == len(rows)
