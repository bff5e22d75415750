"""New rows are read as the training data was, in whatever form they come."""

import datetime

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from components.errors import UserError
from components.features import RawFeature
from components.formats import source as sources
from components.formats.cells.reading import PLAIN, Reading
from components.formats.csv.source import CsvSource
from components.formats.parquet.source import ParquetSource
from pipeline.prediction.batches import to_batch
from pipeline.prediction.columns import to_features

NAMES = {pa.int64(): "int64", pa.float32(): "float32", pa.large_binary(): "string"}
READING = Reading(
    missing=("-999", "unknown"),
    numbers={"price": "1.234,5 €", "share": "12.5%", "flag": "true", "size": "1.5"},
    marks={"count": ("NA",)},
    dates={"day": "%d.%m.%Y", "stamp": "%Y%m%d"},
)
COLUMNS = {
    "price": ["1.234,56 €", "7 €", "", "-999"],
    "share": ["12.5%", "0", "unknown", "3%"],
    "flag": ["TRUE", "false", "", "true"],
    "size": [" 1", "2.5", "\u22123", "-999.0"],
    "count": ["1", "NA", "", "3"],
    "day": ["31.01.2024", "", "unknown", "01.02.2024"],
    "stamp": ["20240131", "20240201", "", "20240101"],
    "word": ["NA", "unknown", "", "-998"],
}
READ = {
    "price": [1234.56, 7, None, None],
    "share": [12.5, 0, None, 3],
    "flag": [1, 0, None, 1],
    "size": [1, 2.5, -3, None],
    "count": [1, None, None, 3],
    "day": [b"31.01.2024", None, None, b"01.02.2024"],
    "stamp": [b"20240131", b"20240201", None, b"20240101"],
    "word": [b"NA", None, None, b"-998"],
}


def approximately(columns: dict[str, list]) -> dict:
    return {name: [pytest.approx(each) for each in values] for name, values in columns.items()}


def train(source: sources.Source, *files) -> dict[str, pa.Array]:
    """What the ExampleGen reads."""
    blocks = [block for file in files for block in source.blocks(str(file))]
    found = sources.merge(map(source.survey, blocks)).columns
    (rows,) = (values for block in blocks for values, _ in source.read(block, found))
    return dict(zip(rows.schema.names, rows.columns, strict=True))


def write(folder, suffix: str, columns: dict[str, list]):
    file = folder / f"rows{suffix}"
    frame = pd.DataFrame(columns)
    frame.to_csv(file, index=False) if suffix == ".csv" else frame.to_parquet(file)
    return file


@pytest.mark.parametrize(("suffix", "source"), [(".csv", CsvSource), (".parquet", ParquetSource)])
@pytest.mark.parametrize("form", ["texts", "frame", "dicts", "categories"])
def test_training_and_prediction_read_the_same_cells_alike(tmp_path, suffix, source, form):
    trained = train(source(READING), write(tmp_path, suffix, COLUMNS))
    assert approximately({name: trained[name].to_pylist() for name in COLUMNS}) == READ
    features = {name: RawFeature(NAMES[values.type], None, name) for name, values in trained.items()}
    frame = pd.DataFrame(COLUMNS)
    rows = {
        "texts": pa.table(COLUMNS),
        "frame": frame,
        "dicts": frame.to_dict("records"),
        "categories": frame.astype("category"),
    }[form]
    columns = to_features(to_batch(rows, features), features, 1, READING)
    read = {name: columns[name].scalars().cast(values.type, safe=False) for name, values in trained.items()}
    assert {name: values.to_pylist() for name, values in read.items()} == {
        name: values.to_pylist() for name, values in trained.items()
    }


def test_numbers_of_files_with_types_have_gaps_too(tmp_path):
    columns = {
        "n": pa.array([1, -999, None]),
        "x": pa.array([0.5, -999.0, 2]),
        "d": pa.array([0.5, -999.0, 2]).cast(pa.decimal128(8, 2)),
        "c": pa.array([1, -999, None]).dictionary_encode(),
    }
    parquet.write_table(pa.table(columns), tmp_path / "rows.parquet")
    trained = train(ParquetSource(READING), tmp_path / "rows.parquet")
    expected = {"n": [1, None, None], "x": [0.5, None, 2], "d": [0.5, None, 2], "c": [1, None, None]}
    assert {name: values.to_pylist() for name, values in trained.items()} == expected
    features = {name: RawFeature("float32" if name in "xd" else "int64", None, name) for name in columns}
    read = to_features(to_batch(pa.table(columns), features), features, 1, READING)
    assert {name: values.scalars().to_pylist() for name, values in read.items()} == expected


MOMENT = datetime.datetime(2024, 1, 31, 12, 30, 5, 250_000)


@pytest.mark.parametrize(
    ("value", "format_", "expected"),
    [
        (MOMENT.date(), "ISO", b"2024-01-31"),
        (MOMENT, "ISO", b"2024-01-31 12:30:05.250000"),
        (MOMENT.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=2))), "ISO", b"2024-01-31 10:30:05.250000Z"),
        (MOMENT.time(), "%H:%M:%S.%f", b"12:30:05.250000"),
        (MOMENT.date(), "%d.%m.%Y", b"31.01.2024"),
        (MOMENT, "%m/%d/%y %I:%M %p", b"01/31/24 12:30 PM"),
        (MOMENT, "%d %b %Y %H:%M:%S.%f", b"31 Jan 2024 12:30:05.250000"),
        (MOMENT.replace(tzinfo=datetime.UTC), "%Y-%m-%d %H:%M:%S %z", b"2024-01-31 12:30:05 +0000"),
        ("2024-01-31", "ISO", b"2024-01-31"),
    ],
)  # fmt: skip
def test_dates_with_a_type_become_the_text_that_the_model_takes(value, format_, expected):
    features = {"x": RawFeature("string", None, "x")}
    for rows in ([{"x": value}, {"x": None}], pd.DataFrame({"x": [value, None]})):
        read = to_features(to_batch(rows, features), features, 1, Reading(dates={"x": format_}))["x"]
        assert read.lists("string").to_pylist() == [[expected], []]


def test_dates_with_a_type_become_the_numbers_that_the_model_takes():
    features = {"x": RawFeature("int64", (1,), "x")}
    for format_, expected in (("epoch seconds", 1_706_704_205), ("epoch milliseconds", 1_706_704_205_250)):
        read = to_features(to_batch([{"x": MOMENT}], features), features, 1, Reading(dates={"x": format_}))[
            "x"
        ]
        assert read.lists("int64").to_pylist() == [[expected]]


@pytest.mark.parametrize(
    ("cells", "dtype", "message"),
    [
        ({"price": ["7 €", "7"]}, "float32", "row 2: column 'price': '7' is not a number like 1.234,5 €"),
        ({"price": ["7 €", None, "$7"]}, "float32", r"row 3: column 'price': '\$7' is not a number like"),
        ({"flag": ["yes"]}, "int64", "row 1: column 'flag': 'yes' is not a number like true"),
        ({"count": ["1", "N/A"]}, "int64", "row 2: column 'count': 'N/A' is not a whole number"),
        ({"day": ["", "31.01.2024", "31.02.2024"]}, "string", "row 3: column 'day': '31.02.2024' is not a date of the format %d.%m.%Y"),
        ({"day": ["2024-01-31"]}, "string", "row 1: column 'day': '2024-01-31' is not a date of the format"),
    ],
)  # fmt: skip
def test_cells_that_do_not_fit(cells, dtype, message):
    features = {name: RawFeature(dtype, None, name) for name in cells}
    with pytest.raises(UserError, match=message):
        to_features(to_batch(pa.table(cells), features), features, 1, READING)


@pytest.mark.parametrize(("suffix", "source"), [(".csv", CsvSource), (".parquet", ParquetSource)])
def test_the_example_gen_refuses_cells_that_do_not_fit(tmp_path, suffix, source):
    file = write(tmp_path, suffix, {"price": ["7 €", "$8"]})
    with pytest.raises(
        UserError, match=rf"rows{suffix}: column 'price': '\$8' is not a number like 1.234,5 €; correct"
    ):
        train(source(READING), file)


def test_a_reading_comes_back_from_json():
    assert Reading.from_json(READING.to_json()) == READING
    assert Reading.from_json({}) == PLAIN
