"""Parquet data, inspected."""

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from components.errors import UserError
from components.features import RawFeature
from components.formats.parquet.columns import plain
from components.formats.registry import open_rows
from pipeline.config.errors import ConfigError
from pipeline.config.prepare import prepare
from pipeline.data.inspection import DataError, inspect
from pipeline.prediction.batches import to_batch
from pipeline.prediction.columns import to_features
from tests.components.example_gen.generate import generate
from tests.pipeline.config.tabular import load_tabular


def write(folder, name: str = "rows.parquet", **columns):
    parquet.write_table(pa.table(columns), folder / name)
    return folder


@pytest.mark.parametrize(
    ("labels", "task", "classes"),
    [
        (["yes", "no", "yes"], "classification", ("no", "yes")),
        ([True, False, True], "classification", (0, 1)),
        (pa.array([2, 0, 1], pa.uint8()), "classification", (0, 1, 2)),
        ([1.0, 0.0, 1.0], "classification", (0, 1)),
        ([0.5, 1.0, 2.0], "regression", ()),
        (pa.array(["b", "a", "b"]).dictionary_encode(), "classification", ("a", "b")),
        (pa.array([b"b", b"a", b"b"]), "classification", ("a", "b")),
        ([["b"], ["a"], ["b"]], "classification", ("a", "b")),
    ],
)
def test_task_and_classes_follow_from_the_values(tmp_path, labels, task, classes):
    data = inspect(write(tmp_path, x=[1, 2, 3], label=labels), "label")
    assert (data.label.task, data.label.classes) == (task, classes)
    assert (data.format.name, data.pattern, data.columns) == ("parquet", "*.parquet", ("x", "label"))


def test_what_pandas_writes(tmp_path):
    frame = pd.DataFrame(
        {"x": [0.5, np.nan, 2], "kind": pd.Categorical(["a", None, "b"]), "label": ["u", "v", "u"]}
    )
    frame.to_parquet(tmp_path / "rows.parquet")
    data = inspect(tmp_path, "label")
    assert (data.columns, data.sizes) == (("x", "kind", "label"), {"x": 1, "kind": 1, "label": 1})
    assert not data.unusable


def test_files_are_read_together(tmp_path):
    write(tmp_path, "a.parquet", n=pa.array([1, 2], pa.int32()), label=["a", "a"])
    write(tmp_path, "b.parquet", label=["b", "b"], n=[0.5, 0.5])
    write(tmp_path, "c.parquet", label=pa.array([], pa.string()), n=pa.array([], pa.int64()))
    data = inspect(tmp_path, "label")
    assert (data.columns, data.label.classes, data.different_rows) == (("n", "label"), ("a", "b"), 3)


def test_sizes(tmp_path):
    columns = {
        "pixels": [[1, 2], [3, 4]],
        "ragged": [[1, 2], [3]],
        "gaps": [1, None],
        "nothing": pa.nulls(2),
        "blank": ["", ""],
        "image": [b"\xff", b""],
        "images": [[b"\xff"], [b"", b"\xff"]],
    }
    sizes = inspect(write(tmp_path, **columns, label=["a", "b"]), "label").sizes
    assert sizes == {
        "pixels": 2,
        "ragged": None,
        "gaps": 1,
        "nothing": 0,
        "blank": 0,
        "images": None,
        "label": 1,
    }


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"label": [None, None]}, "data.label: label is empty in 2 of 2 rows; is it the right column"),
        ({"label": ["", ""]}, "data.label: label is empty in 2 of 2 rows"),
        ({"label": [["a", "b"], ["a", "b"]]}, "data.label: label has all 2 labels in every row"),
        ({"label": [0.5, float("nan")]}, "data.label: label has NaN; write missing values as null"),
        (
            {"label": [0.5, 1e300]},
            r"data.label: label has numbers that are not finite as float32, such as 1e\+300",
        ),
        ({"label": ["a", "a"]}, "label is a in every example"),
        ({"label": pa.array([b"\xff", b"a"])}, "label is not UTF-8 text"),
        (
            {"label": pa.array([0, 1], pa.date32())},
            "data.label: label holds dates or times; convert it to text or numbers$",
        ),
        ({"kind": ["a", "b"]}, "'label' is not a column of .*rows.parquet; choose one of x, kind"),
        ({"label": pa.array([], pa.string()), "x": pa.array([], pa.int64())}, "has no rows to learn from"),
    ],
)
def test_unusable_data(tmp_path, columns, message):
    with pytest.raises(DataError, match=message):
        inspect(write(tmp_path, **{"x": [1, 2], **columns}), "label")


def test_files_with_other_columns(tmp_path):
    write(tmp_path, "a.parquet", x=[1], label=["a"])
    write(tmp_path, "b.parquet", x=[1], y=[1], label=["a"])
    with pytest.raises(
        DataError, match="b.parquet differ from .*a.parquet: it also has 'y'; all files need the same"
    ):
        inspect(tmp_path, "label")


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ([1, 2], ["1", "2"], "numbers.*text"),
        (pa.array([0, 1], pa.timestamp("us")), ["31.01.2024", "2024-01-31"], "dates or times.*text"),
        (pa.array([0, 1], pa.date32()), [1, 2], "dates or times.*numbers"),
    ],
)
def test_files_with_other_types(tmp_path, first, second, words, order):
    for name, values in zip(("a.parquet", "b.parquet"), (first, second)[::order], strict=True):
        write(tmp_path, name, x=values, label=["a", "b"])
    words = words if order < 0 else ".*".join(reversed(words.split(".*")))
    with pytest.raises(
        DataError, match=f"b.parquet: column 'x' has {words} in the rows before; write one type"
    ):
        inspect(tmp_path, "label")


def test_dates_and_timestamps_are_one_type(tmp_path):
    write(tmp_path, "a.parquet", x=pa.array([0, 1], pa.date32()), label=["a", "b"])
    write(tmp_path, "b.parquet", x=pa.array([0, None], pa.timestamp("us")), label=["a", "b"])
    write(tmp_path, "c.parquet", x=pa.nulls(2), label=["a", "b"])
    assert inspect(tmp_path, "label").profiles["x"].filled == 3


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([float("nan"), 1.0, 2.0], "has NaN; write missing values as null, or add it to data.ignore"),
        (
            [float("inf"), 1.0, 2.0],
            "has numbers that are not finite as float32, such as inf; scale or remove them, or",
        ),
        ([1e39, 1.0, 2.0], r".*such as 1e\+39; scale or remove them, or add it to data.ignore"),
        (
            pa.array([0, 1, 2**62], pa.timestamp("us")),
            "has times before the year 1 or after 9999; remove them",
        ),
        (
            pa.array([[0], [1, 2], None], pa.list_(pa.timestamp("ns"))),
            "holds lists of timestamps; convert them",
        ),
    ],
)
def test_values_that_no_model_takes_are_refused_unless_ignored(tmp_path, values, reason):
    data = {
        "path": write(tmp_path, x=values, y=[1, 2, 3], label=["a", "b", "a"]),
        "source": None,
        "label": "label",
    }
    for as_text in ([], ["x"]):
        with pytest.raises(ConfigError, match=f"data.path: column 'x' {reason}"):
            prepare(load_tabular({"data": {**data, "categorical": as_text}}), tmp_path / "workspace")
    prepare(load_tabular({"data": {**data, "ignore": ["x"]}}), tmp_path / "workspace")


def test_text_of_a_varying_number_of_values_is_lists(tmp_path):
    path = write(tmp_path, bag=[["a"], ["b", "c"], []], y=[1, 2, 3], label=["a", "b", "a"])
    data = {"path": path, "source": None, "label": "label"}
    fitted = prepare(load_tabular({"data": data}), tmp_path / "workspace")
    assert fitted.understanding.lists == {"bag": ""}
    assert (
        "bag: lists, because the number of values varies. To leave it out: data.ignore: [bag]" in fitted.lines
    )
    with pytest.raises(ConfigError, match="column 'bag' has a varying number of values"):
        prepare(load_tabular({"data": {**data, "categorical": ["bag"]}}), tmp_path / "workspace")


def test_examples_of_dates_are_text(tmp_path):
    moments = {
        "d": pa.array([0, 1, 2], pa.date32()),
        "t": pa.array([0, 1, 2], pa.timestamp("ns", "UTC")),
        "c": pa.array([0, 60, 61], pa.time32("s")),
    }
    data = {"path": write(tmp_path, **moments, label=["a", "b", "a"]), "source": None, "label": "label"}
    profiles = prepare(load_tabular({"data": data}), tmp_path / "workspace").data.profiles
    assert profiles["d"].examples == ("1970-01-01", "1970-01-02", "1970-01-03")
    assert profiles["t"].examples[0] == "1970-01-01 00:00:00.000000Z"
    assert profiles["c"].examples[1:] == ("00:01:00.000000", "00:01:01.000000")


def test_lists_of_different_lengths_need_a_preprocessing_of_ones_own(tmp_path):
    path = write(tmp_path, bag=[[1], [2, 3], []], y=[1, 2, 3], label=["a", "b", "a"])
    data = {"path": path, "source": None, "label": "label"}
    with pytest.raises(
        ConfigError,
        match="data.path: column 'bag' has a varying number of values: 0 in row 3 of rows.parquet, 2 in row 2 of "
        "rows.parquet; give every row the same number, set data.lists: {bag: ''} if they are labels, read them with",
    ):
        prepare(load_tabular({"data": data}), tmp_path / "workspace")
    prepare(load_tabular({"data": {**data, "ignore": ["bag"]}}), tmp_path / "workspace")
    prepare(load_tabular({"data": {**data, "lists": {"bag": ""}}}), tmp_path / "workspace")
    own = {"preprocessing": "tests.components.user_models.dense"}
    prepare(load_tabular({"data": data, "model": own}), tmp_path / "workspace")


def test_images_as_bytes_have_any_shape(tmp_path):
    path = write(tmp_path, image=[b"\xff" * 4, b"\0" * 4, b"\1" * 4], label=["a", "b", "a"])
    data = {"path": path, "source": None, "label": "label", "shapes": {"image": [2, 2, 1]}}
    prepare(load_tabular({"data": data}), tmp_path / "workspace")


@pytest.mark.parametrize(
    "values",
    [
        pa.array([0, 1, None], pa.date32()),
        pa.array([0, 1, 2], pa.time32("s")),
        pa.array([0, 1, 2**62], pa.timestamp("ns", "+05:30")),
        pa.array([0, 1, 2**54], pa.timestamp("us", "Nowhere/At all")),
        pa.array([0, 1, 2], pa.timestamp("s")),
    ],
)
def test_dates_and_times_are_text(tmp_path, values):
    data = {"path": write(tmp_path, x=values, label=["a", "b", "a"]), "source": None, "label": "label"}
    prepare(load_tabular({"data": data}), tmp_path / "workspace")


def test_the_index_of_pandas_is_left_out(tmp_path):
    frame = pd.DataFrame({"x": [1, 2, 3, 1], "label": list("abcd")})
    frame[frame.label != "b"].to_parquet(tmp_path / "rows.parquet")
    data = {"path": tmp_path, "source": None, "label": "x", "task": "classification"}
    fitted = prepare(
        load_tabular({"data": {**data, "ignore": ["__index_level_0__"]}}), tmp_path / "workspace"
    )
    assert fitted.data.columns == ("x", "label")
    assert "column '__index_level_0__' is left out as an index of pandas" in fitted.data.lines[0]


def test_columns_in_the_names_of_folders(tmp_path):
    """As pandas writes them; the same rows as in one file."""
    frame = pd.DataFrame(
        {
            "x": [1, 2, 3, 4],
            "label": list("abab"),
            "year": [2023, 2023, 2024, 2024],
            "site": ["a/b", "c", "c", "c"],
        }
    )
    frame.to_parquet(tmp_path / "parts", partition_cols=["year", "site"])
    (tmp_path / "one").mkdir()
    frame.to_parquet(tmp_path / "one" / "rows.parquet")
    (tmp_path / "parts" / "_SUCCESS").touch()
    (tmp_path / "parts" / "year=2023" / ".DS_Store").touch()
    data = inspect(tmp_path / "parts", "label")
    assert (data.pattern, data.columns) == ("year=*/site=*/*.parquet", ("x", "label", "year", "site"))
    found = generate(tmp_path / "parts", [data.pattern], tmp_path / "out", {})
    assert found == generate(tmp_path / "one", ["*.parquet"], tmp_path / "other", {})
    (part,) = (tmp_path / "parts" / "year=2023" / "site=c").iterdir()
    (row,) = [row for batch in open_rows(str(part), {}).batches() for row in batch.to_pylist()]
    assert row == {"x": 2, "label": "b", "year": 2023, "site": "c"}
    before = data.fingerprint
    (tmp_path / "parts" / "year=2023").rename(tmp_path / "parts" / "year=2022")
    assert inspect(tmp_path / "parts", "label").fingerprint != before


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("year=2024/a.csv", "a.csv is not a Parquet file"),
        ("month=1/a.parquet", "has folders for month and year; keep one column per level"),
        ("year=2024/month=1/a.parquet", "is beside folders such as month=1; move it"),
    ],
)
def test_nested_folders_that_do_not_fit_together(tmp_path, other, message):
    for name in ("year=2024/b.parquet", other):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pa.table({"x": [1], "label": ["a"]}), tmp_path / name)
    with pytest.raises(DataError, match=message):
        inspect(tmp_path, "label")


def test_columns_are_recognised_as_in_a_csv_file(tmp_path):
    rows = 60
    columns = {
        "id": range(rows),
        "day": pd.date_range("2024-01-01", periods=rows).date,
        "moment": pd.date_range("2024-01-01", periods=rows, tz="Europe/Berlin"),
        "time": pa.array(range(rows), pa.time32("s")),
        "written": ["31.01.2024", "01.02.2024"] * (rows // 2),
        "price": pa.array(["1.234,5 €", "2 €"] * (rows // 2)).dictionary_encode(),
        "fractions": ["0.5", "1"] * (rows // 2),
        "digits": ["5", "1"] * (rows // 2),
        "size": ["1", "NA", "3"] * (rows // 3),
        "flag": [True, False] * (rows // 2),
        "gaps": pa.array([1, None, 3] * (rows // 3)),
        "age": pa.array([18, 42, 79] * (rows // 3), pa.int32()),
        "date": pa.array([20240131, 20231201] * (rows // 2), pa.int32()),
        "same": [7.5] * rows,
        "nothing": pa.nulls(rows),
        "note": [f"the film was number {row} of the year" for row in range(rows)],
        "values": [[1, 2]] * rows,
    }
    write(tmp_path, **columns, label=["a", "b"] * (rows // 2))
    loaded = load_tabular({"data": {"path": tmp_path, "source": None, "label": "label"}})
    found = prepare(loaded, tmp_path / "workspace").understanding
    assert found.dates == {
        **{"day": "ISO", "moment": "ISO", "time": "%H:%M:%S.%f", "written": "%d.%m.%Y"},
        "date": "%Y%m%d",
    }
    assert found.numbers == {"price": "1.234,5 €", "fractions": "1.5"}
    assert (found.marks, found.text, found.gaps) == ({"size": ("NA",)}, ("note",), ("size", "gaps"))
    assert found.dropped == {
        "id": "every row has a number of its own",
        "same": "all rows have the value '7.5'",
        "nothing": "it is empty",
    }


@pytest.mark.parametrize(
    ("labels", "section", "task"),
    [
        (["1,5 €", "2 €", "3,5 €"], {"numbers": {"label": "1,5 €"}}, "regression"),
        ([0.5, 1.5, 2.5], {"missing": [-999]}, "regression"),
        (["u", "v", "u"], {"missing": ["NA"]}, "classification"),
    ],
)
def test_a_label_is_read_as_configured(tmp_path, labels, section, task):
    write(tmp_path, x=[1, 2, 4], label=labels)
    data = {"path": tmp_path, "source": None, "label": "label", **section}
    assert prepare(load_tabular({"data": data}), tmp_path / "workspace").data.label.task == task


@pytest.mark.parametrize(
    "type_", [pa.date32(), pa.timestamp("us"), pa.timestamp("ns", "UTC"), pa.time32("s")]
)
def test_dates_with_a_type_that_are_categories_are_the_same_text_in_new_rows(tmp_path, type_):
    values = pa.array([0, 1, 2], pa.int32() if type_.bit_width == 32 else pa.int64()).view(type_)
    data = {
        "path": write(tmp_path, x=values, y=[1, 2, 3], label=["a", "b", "a"]),
        "source": None,
        "label": "label",
    }
    config = load_tabular({"data": {**data, "categorical": ["x"]}})
    reading = prepare(config, tmp_path / "workspace").data.reading
    feature = {"x": RawFeature("string", None, "x")}
    read = to_features(pa.record_batch({"x": values}), feature, 1, reading)["x"]
    assert read.values.to_pylist() == plain(values).to_pylist()
    moment = pd.DataFrame(
        {"x": [datetime.datetime(1970, 1, 1) if type_.bit_width != 32 else values[0].as_py()]}
    )
    read = to_features(to_batch(moment, feature), feature, 1, reading)["x"]
    assert read.values.to_pylist() == plain(values)[:1].to_pylist()
    with pytest.raises(UserError, match="'1.1.1970' is not a date of the format"):
        to_features(pa.record_batch({"x": ["1.1.1970"]}), feature, 1, reading)
