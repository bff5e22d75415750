"""What the ExampleGen reads from files: the same examples wherever blocks begin and end, and in every format."""

import csv
import datetime
import decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from components.errors import UserError
from components.example_gen.layout import make_layout
from components.example_gen.rules import Hashed
from components.example_gen.splits import Splits
from components.features import RawFeature
from components.formats import source as sources
from components.formats.cells.reading import Reading
from components.formats.csv import source as csv_source
from components.formats.csv import text as csv_text
from components.formats.csv.source import CsvSource
from components.formats.parquet.columns import format_of, times
from components.formats.parquet.source import ParquetSource
from components.formats.tfrecord.records import write_records
from components.formats.tfrecord.source import ExampleSource
from pipeline.data.inspection import inspect
from pipeline.prediction.columns import to_features
from tests.components.formats.examples import examples
from tests.components.formats.sources import read


@pytest.fixture
def small_blocks(monkeypatch) -> None:
    """Blocks of a row."""
    monkeypatch.setattr(csv_text, "BLOCK_BYTES", 4)
    monkeypatch.setattr(csv_source, "BLOCK_BYTES", 1)


def write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_the_values_of_a_csv_file(tmp_path):
    file = write(
        tmp_path / "a.csv",
        'n,x,text,gap,nothing\n+7,1,a,,\n007,2.5,"b ""c"",\nd",3,""\n-9223372036854775808,1e3,1_1,,\n',
    )
    assert read(CsvSource(), file) == [
        {"n": [7], "x": [1.0], "text": [b"a"], "gap": [], "nothing": None},
        {"n": [7], "x": [2.5], "text": [b'b "c",\nd'], "gap": [3], "nothing": None},
        {"n": [-(2**63)], "x": [1000.0], "text": [b"1_1"], "gap": [], "nothing": None},
    ]


cells = st.text(st.sampled_from('ab",\n1.e-'), max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(cells, cells, st.just("z")), min_size=1, max_size=8), st.integers(1, 30))
def test_borders_of_blocks_do_not_matter(tmp_path, monkeypatch, rows, size):
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("a", "b", "c"), *rows])
    whole = read(CsvSource(), tmp_path / "a.csv")
    assert len(whole) == len(rows)
    with monkeypatch.context() as patch:
        patch.setattr(csv_text, "BLOCK_BYTES", size)
        patch.setattr(csv_source, "BLOCK_BYTES", size)
        assert read(CsvSource(), tmp_path / "a.csv") == whole


def test_quoted_line_feeds_do_not_end_a_block(tmp_path, small_blocks):
    text = "\n".join(f"line {number}" for number in range(20))
    file = write(tmp_path / "a.csv", f'text,n\n"{text}",1\nb,2\n"{text}",3\n')
    blocks = list(CsvSource().blocks(str(file)))
    assert [block.stop for block in blocks[:-1]] == [block.start for block in blocks[1:]]
    assert len(blocks) == 3
    assert [row["text"] for row in read(CsvSource(), file)] == [[text.encode()], [b"b"], [text.encode()]]


@pytest.mark.parametrize(
    ("last", "expected"),
    [("0.5", [[1.0], [2.0], [0.5]]), ("x", [[b"01"], [b"2"], [b"x"]]), ("", [[1], [2], []])],
)
def test_types_that_change_at_the_end(tmp_path, small_blocks, last, expected):
    """In the last block, and in the last file."""
    together = write(tmp_path / "a.csv", f"n,k\n01,a\n2,a\n{last},a\n")
    assert len(list(CsvSource().blocks(str(together)))) > 1
    assert [row["n"] for row in read(CsvSource(), together)] == expected
    first, second = (
        write(tmp_path / "b.csv", "n,k\n01,a\n2,a\n"),
        write(tmp_path / "c.csv", f"n,k\n{last},a\n"),
    )
    assert [row["n"] for row in read(CsvSource(), first, second)] == expected


def test_files_without_rows_and_columns_in_another_order(tmp_path):
    first, second = write(tmp_path / "a.csv", "n,k\n1,a\n"), write(tmp_path / "b.csv", "k,n\nb,2\n")
    empty = write(tmp_path / "c.csv", "k,n\n")
    assert read(CsvSource(), first, empty, second) == [{"n": [1], "k": [b"a"]}, {"n": [2], "k": [b"b"]}]
    for file in (first, second, empty):
        parquet.write_table(pa.table(csv_rows(file)), file.with_suffix(".parquet"))
    files = [file.with_suffix(".parquet") for file in (first, empty, second)]
    assert read(ParquetSource(), *files) == [{"n": [1], "k": [b"a"]}, {"n": [2], "k": [b"b"]}]


def csv_rows(file: Path) -> dict[str, pa.Array]:
    names, *rows = csv.reader(file.read_text(encoding="utf-8").splitlines())
    types = {"n": (int, pa.int32()), "k": (str, pa.string())}
    return {
        name: pa.array([types[name][0](row[place]) for row in rows], types[name][1])
        for place, name in enumerate(names)
    }


def test_rows_that_differ_in_columns(tmp_path):
    first, second = write(tmp_path / "a.csv", "n,k\n1,a\n"), write(tmp_path / "b.csv", "n\n2\n")
    with pytest.raises(
        UserError, match="b.csv: the columns differ from the other files': it has no 'k'; all"
    ):
        read(CsvSource(), first, second)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["n", ""], "column 2 has no name; name it, or remove it"),
        (["n", "n"], "duplicate column 'n'; rename one of them"),
        (["n\nm", "k"], "the column name '.*' contains a line break; remove it"),
    ],
)
def test_names_that_no_feature_can_have(tmp_path, names, message):
    parquet.write_table(pa.table([pa.array([1]), pa.array([2])], names), tmp_path / "a.parquet")
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, (1, 2)])
    for source, suffix in ((ParquetSource(), "parquet"), (CsvSource(), "csv")):
        with pytest.raises(UserError, match=f"a.{suffix}: {message}"):
            read(source, tmp_path / f"a.{suffix}")


TYPES = {
    "flag": (pa.array([True, None]), [[1], []]),
    "whole": (pa.array([7, None], pa.int8()), [[7], []]),
    "unsigned": (pa.array([2**40, None], pa.uint64()), [[2**40], []]),
    "number": (pa.array([0.1, None], pa.float64()), [[np.float32(0.1)], []]),
    "half": (pa.array(np.array([0.5, 2], np.float16)), [[0.5], [2.0]]),
    "money": (pa.array([decimal.Decimal("2.50"), None]), [[2.5], []]),
    "text": (pa.array(["ä", ""]), [["ä".encode()], []]),
    "large text": (pa.array(["a", None], pa.large_string()), [[b"a"], []]),
    "category": (pa.array(["b", None]).dictionary_encode(), [[b"b"], []]),
    "image": (pa.array([b"\xff\x00", b""]), [[b"\xff\x00"], [b""]]),
    "day": (pa.array([datetime.date(2024, 1, 31), None]), [[b"2024-01-31"], []]),
    "nanoseconds": (pa.array([0, None], pa.timestamp("ns")), [[b"1970-01-01 00:00:00.000000"], []]),
    "seconds": (pa.array([0, None], pa.timestamp("s")), [[b"1970-01-01 00:00:00.000000"], []]),
    "zone": (pa.array([0, None], pa.timestamp("ms", "UTC")), [[b"1970-01-01 00:00:00.000000Z"], []]),
    "offset": (pa.array([0, None], pa.timestamp("ms", "+05:30")), [[b"1970-01-01 00:00:00.000000Z"], []]),
    "moment": (pa.array([1, None], pa.int64()).view(pa.date64()), [[b"1970-01-01"], []]),
    "time": (pa.array([datetime.time(1, 2), None]), [[b"01:02:00.000000"], []]),
    "pixels": (pa.array([[1.5, 2.0], None]), [[1.5, 2.0], []]),
    "fingerprint": (pa.array([b"\xff\x00", None], pa.binary(2)), [[b"\xff\x00"], []]),
    "categories": (
        pa.ListArray.from_arrays([0, 2, 2], pa.array(["b", "a"]).dictionary_encode()),
        [[b"b", b"a"], []],
    ),
    "numbered": (pa.array([7, None], pa.int8()).dictionary_encode(), [[7], []]),
    "words": (pa.array([["a", ""], []]), [[b"a", b""], []]),
    "rows": (pa.array([[[1, 2], [3]], [[4]]]), [[1, 2, 3], [4]]),
    "fixed": (pa.array([[1, 2], [3, 4]], pa.list_(pa.int64(), 2)), [[1, 2], [3, 4]]),
    "nothing": (pa.nulls(2), [None, None]),
    "typed nothing": (pa.nulls(2, pa.int64()), [None, None]),
    "empty lists": (pa.array([[], None], pa.list_(pa.int64())), [None, None]),
}


def test_types_of_parquet(tmp_path):
    file = tmp_path / "a.parquet"
    parquet.write_table(pa.table({name: column for name, (column, _) in TYPES.items()}), file)
    first, second = read(ParquetSource(), file)
    for name, (_, expected) in TYPES.items():
        assert (name, first[name], second[name]) == (name, *expected)


@pytest.mark.parametrize("name", TYPES)
def test_predict_reads_the_types_that_are_trained_on(name):
    column, expected = TYPES[name]
    dtype = {int: "int64", bytes: "string"}.get(type((expected[0] or [0.0])[0]), "float32")
    batch = pa.RecordBatch.from_arrays([column], ["x"])
    features = {"x": RawFeature(dtype, None, "x")}
    reading = Reading(dates={"x": format_of(column.type)} if times(column.type) else {})
    found = to_features(batch, features, 1, reading)["x"].lists(dtype).to_pylist()
    assert found == [values or [] for values in expected]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            pa.array([{"a": 1}]),
            "column 'x' has the type struct<a: int64>; convert it to numbers, text or lists",
        ),
        (pa.array([2**63], pa.uint64()), "column 'x' has whole numbers beyond int64; convert them to text"),
        (pa.array([[1, None]]), "column 'x' has a list with a missing value; remove it, or fill it in"),
    ],
)
def test_parquet_that_does_not_fit_into_features(tmp_path, column, message):
    file = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"x": column, "k": ["a"]}), file)
    with pytest.raises(UserError, match=f"a.parquet: {message}"):
        read(ParquetSource(), file)
    with pytest.raises(UserError, match=f"data.path: .*a.parquet: {message}"):
        inspect(file, "k")


def test_types_that_differ_between_parquet_files(tmp_path):
    columns = {"a": pa.array([1, 2]), "b": pa.array([0.5]), "c": pa.nulls(1), "d": pa.array(["x"])}
    files = {name: tmp_path / f"{name}.parquet" for name in columns}
    for name, column in columns.items():
        parquet.write_table(
            pa.table({"x": column, "k": [f"{name}{row}" for row in range(len(column))]}), files[name]
        )
    read_numbers = read(ParquetSource(), *(files[name] for name in "abc"))
    assert [row["x"] for row in read_numbers] == [[1.0], [2.0], [0.5], []]
    with pytest.raises(
        UserError, match="a.parquet: column 'x' has numbers, but text in other files; write one"
    ):
        read(ParquetSource(), *files.values())
    with pytest.raises(
        UserError, match="d.parquet: column 'x' has text, but numbers in the rows before; write one"
    ):
        inspect(tmp_path, "k")


def test_row_groups_are_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("components.formats.parquet.source.BLOCK_BYTES", 1)
    parquet.write_table(pa.table({"n": range(10)}), tmp_path / "a.parquet", row_group_size=4)
    blocks = [(block.start, block.stop) for block in ParquetSource().blocks(str(tmp_path / "a.parquet"))]
    assert blocks == [(0, 1), (1, 2), (2, 3)]
    assert [row["n"] for row in read(ParquetSource(), tmp_path / "a.parquet")] == [[n] for n in range(10)]


def test_the_survey_is_that_of_the_values_however_they_are_stored(tmp_path):
    """Row groups, dictionaries of Parquet and of Arrow, lists."""
    texts = pa.array([f"{number}" * 3000 for number in range(10)])
    codes = pa.array(np.arange(16000) % 10, pa.int32())
    words = {
        "plain": texts.take(codes),
        "category": pa.DictionaryArray.from_arrays(codes, texts),
        "lists": pa.ListArray.from_arrays(np.arange(16001, dtype=np.int32), texts.take(codes)),
    }
    surveys, most = {}, 0
    for name, column in words.items():
        table = pa.table({"x": column, "n": pa.array(range(16000))})
        for rows in (300, 5000, 16000):
            file = tmp_path / f"{name}{rows}.parquet"
            parquet.write_table(table, file, row_group_size=rows)
            source, blocks = ParquetSource(), list(ParquetSource().blocks(str(file)))
            surveys[name, rows] = sources.merge(map(source.survey, blocks))
            found = surveys[name, rows].columns
            most = max(most, *(part.nbytes for block in blocks for part, _ in source.read(block, found)))
    sizes = {survey.size for survey in surveys.values()}
    assert len(sizes) == 1
    assert 48e6 < sizes.pop() < 49e6
    assert most <= 2**24, "a part of 16,000 rows is larger"
    splits = Splits(("a", "b"), Hashed(((9, 1),)))
    assert {make_layout({0: survey}, splits).counts for survey in surveys.values()} == {(2, 1)}


def test_csv_and_parquet_become_the_same_examples(tmp_path):
    table = {
        "n": pa.array([1, None, 3]),
        "x": pa.array([0.1, 1e20, None]),
        "k": pa.array(["a", None, 'b"\n']),
    }
    parquet.write_table(pa.table(table), tmp_path / "a.parquet")
    write(tmp_path / "a.csv", 'k,x,n\na,0.1,1\n,1e20,\n"b""\n",,3\n')
    assert read(ParquetSource(), tmp_path / "a.parquet") == read(CsvSource(), tmp_path / "a.csv")


@pytest.mark.parametrize("suffix", ["tfrecord", "tfrecord.gz"])
def test_records_stay_as_they_are(tmp_path, suffix):
    records = [b"", *examples({"x": [1, 2], "k": [b"\xff"]}, {"k": [], "y": [0.5]})]
    write_records(tmp_path / f"a.{suffix}", records)
    (block,) = ExampleSource().blocks(str(tmp_path / f"a.{suffix}"))
    assert ExampleSource().survey(block).size == sum(len(record) + 16 for record in records)
    kept = [rows for _, rows in ExampleSource().read(block, {})]
    assert [record for rows in kept for record in ExampleSource().encode(rows)] == records


def test_the_size_of_a_table_is_that_of_its_examples_about(tmp_path):
    text = "number,word\n" + "".join(f"{n / 7},word{n}\n" for n in range(1000))
    source, file = CsvSource(), write(tmp_path / "a.csv", text)
    (block,) = source.blocks(str(file))
    survey = source.survey(block)
    size = sum(len(each) for _, rows in source.read(block, survey.columns) for each in source.encode(rows))
    assert size / 1.5 < survey.size < size * 1.5


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"a,b\n1,2\n3\n", "row 2: 1 cell, but the header has 2"),
        ("a.csv", b"a,b\n1,2\n3,\x81\n", "row 2: the text is not UTF-8"),
        ("a.csv", b'a,b\n1,2\n3,"4\n', "a quoted cell is never closed"),
        ("a.csv", b"PK\x03\x04", "is a ZIP archive or an Excel workbook instead of CSV"),
        ("a.parquet", b"PAR1rubbish", "not a readable Parquet file"),
        ("a.tfrecord", b"x" * 20, "does not begin with a record"),
        ("a.tfrecord.gz", b"x" * 20, "the file is not compressed"),
    ],
)
def test_damaged_files_are_named(tmp_path, small_blocks, name, content, message):
    source = {"csv": CsvSource, "parquet": ParquetSource}.get(name.partition(".")[2], ExampleSource)()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=f"{name}: .*{message}") as raised:
        read(source, tmp_path / name)
    assert str(raised.value).isprintable()


def test_surveys_of_parts_are_merged_in_any_order(tmp_path):
    parts = ["n,k\n1,a\n", "n,k\n.5,b\n", "n,k\n,\n", "n,k\nx,1\n"]
    surveys = [
        CsvSource().survey(block)
        for number, part in enumerate(parts)
        for block in CsvSource().blocks(str(write(tmp_path / f"{number}.csv", part)))
    ]
    whole = sources.merge(surveys)
    assert sources.merge([sources.merge(surveys[2:]), sources.merge([]), *surveys[1::-1]]) == whole
    assert [column.kind.name for column in whole.columns.values()] == ["TEXT", "TEXT"]
