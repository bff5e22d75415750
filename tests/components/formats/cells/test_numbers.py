"""One grammar for inspection, training and prediction, and where other readers differ."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv as arrow_csv

from components.errors import UserError
from components.features import RawFeature
from components.formats.cells.numbers import Kind, kind_of, kind_of_column, kinds, numbers
from components.formats.cells.reading import PLAIN, Reading
from components.formats.csv.source import CsvSource
from pipeline.data.inspection import inspect
from pipeline.prediction.columns import to_features
from tests.components.formats.sources import read
from tests.conftest import ROOT

cells = st.one_of(
    st.integers(-(2**65), 2**65).map(str),
    st.floats().map(repr),
    st.floats().map("{:e}".format),
    st.text("0123456789+-._eExX naif(１", max_size=8),
    st.from_regex(r"[+-]?[0-9]{0,40}\.?[0-9]{0,40}([eE][+-]?[0-9]{1,20})?", fullmatch=True),
    st.sampled_from(
        ["3.4028234663852886e38", "3.4028236e38", "0" * 5000 + "7", "7" * 5000, "1\n", "1\0", "é"]
    ),
)


def documented() -> list[list[str]]:
    """Rows of the table of spellings: the spelling, and what comes of it here, in pandas, and in Arrow."""
    text = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+)` \| (.+) \| (.+) \| (.+) \|$", text, re.MULTILINE)
    return [[spelling.replace("␣", " "), *results] for spelling, *results in rows]


def word(value: object) -> str:
    """A result in the words of the table."""
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is None or plain != plain:
        return "missing"
    return (
        repr(plain) if isinstance(plain, bool | int | float) else "text" if isinstance(plain, str) else "date"
    )


@pytest.mark.parametrize(("spelling", "here", "pandas", "arrow"), documented())
def test_table_of_spellings(spelling, here, pandas, arrow):
    content = f'x,y\n"{spelling}",a\n'
    kind = kind_of(spelling)
    value = spelling if kind == Kind.TEXT else numbers(pa.array([spelling]), kind)[0].as_py()
    assert word(value) == here
    assert word(pd.read_csv(io.StringIO(content)).x[0]) == pandas
    assert word(arrow_csv.read_csv(io.BytesIO(content.encode())).column("x")[0].as_py()) == arrow


def test_the_table_has_the_spellings_that_matter():
    assert {"+1", "007", "1_1", "0x10", "1e400", "１", " 1", "1.", ".5", "1,5", "nan"} <= {
        row[0] for row in documented()
    }


def python_int(text: str) -> int:
    """Python refuses to convert thousands of digits, even if most of them are leading zeros."""
    return int(text if len(text) < 4000 else text.lstrip("0"))


@settings(max_examples=150)
@given(st.lists(cells, min_size=1, max_size=10))
def test_one_cell_and_many_agree_with_each_other_and_with_python(texts):
    array = pa.array(texts)
    found = kinds(array)
    assert [kind_of(text) for text in texts] == list(found)
    for kind, convert, dtype in ((Kind.WHOLE, python_int, np.int64), (Kind.FRACTION, float, np.float64)):
        chosen = [text for text, each in zip(texts, found, strict=True) if each == kind]
        expected = np.array([convert(text) for text in chosen], dtype)
        np.testing.assert_array_equal(numbers(pa.array(chosen, pa.string()), kind).to_numpy(False), expected)


def trained(file: Path, texts: list[str], name: str = "x", reading: Reading = PLAIN) -> list:
    """Values of a column in the examples that ExampleGen writes."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([[name], *([text] for text in texts)])
    lists = [example[name] for example in read(CsvSource(reading), file)]
    return [each[0] if each else None for each in lists]


def predicted(column: pa.Array, kind: Kind) -> list:
    """Values of a column in the rows to predict."""
    dtype = {Kind.WHOLE: "int64", Kind.FRACTION: "float32", Kind.TEXT: "string"}[kind]
    features = {"x": RawFeature(dtype, None, "x")}
    batch = pa.RecordBatch.from_arrays([column], ["x"])
    lists = to_features(batch, features, 1)["x"].lists(dtype).to_pylist()
    return [each[0] if each else None for each in lists]


@settings(max_examples=150)
@given(st.lists(cells.filter(lambda text: "\0" not in text), min_size=1, max_size=5))
def test_training_and_prediction_see_the_same_values(tmp_path_factory, texts):
    values = trained(tmp_path_factory.getbasetemp() / "column.csv", texts)
    kind = max(map(kind_of, texts))
    assert values == (predicted(pa.array(texts), kind) if kind != Kind.EMPTY else [None] * len(texts))


@settings(max_examples=300)
@given(st.lists(cells | st.text("0123456789+-.eE", max_size=6), max_size=4), st.integers(0, 2))
def test_the_kind_of_a_column_is_the_largest_of_its_cells(texts, start):
    column = pa.array([text or None for text in texts], pa.string()).slice(start)
    assert kind_of_column(column) == max(map(kind_of, texts[start:]), default=Kind.EMPTY)


@settings(max_examples=40)
@given(
    st.lists(
        cells.filter(lambda text: text and not {"\n", "\0"} & set(text)), min_size=2, max_size=5, unique=True
    )
)
def test_inspection_and_training_see_the_same_label(tmp_path_factory, texts):
    file = tmp_path_factory.getbasetemp() / "label.csv"
    file.write_text("x,label\n" + "".join(f"1,{text}\n" for text in texts), encoding="utf-8")
    try:
        found = inspect(file, "label")
    except UserError:  # text that is almost a number, or a single value
        return
    label, column = found.label, tmp_path_factory.getbasetemp() / "column.csv"
    values = trained(column, texts, "label", found.reading)
    values = [value for value in values if value is not None]  # rows without a label are left out
    if label.task == "regression":
        assert {type(value) for value in values} <= {int, float}
    else:
        classes = {value.decode() if isinstance(value, bytes) else value for value in values}
        assert set(label.classes) == classes
