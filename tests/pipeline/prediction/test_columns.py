"""Columns of every type, as the features of a model."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from components.errors import UserError
from components.features import RawFeature
from pipeline.prediction.batches import to_batch
from pipeline.prediction.columns import to_features

FULL = {dtype: RawFeature(dtype, (1,), "x") for dtype in ("int64", "float32", "string")}
GAPS = {dtype: RawFeature(dtype, None, "x") for dtype in ("int64", "float32", "string")}
IMAGE = RawFeature("float32", (4,), "x")
TAGS = RawFeature("string", None, "x", several=True)
CODES = RawFeature("int64", None, "x", several=True)


def convert(values, feature: RawFeature) -> list:
    """What a `tf.Example` of each row holds."""
    array = values if isinstance(values, pa.Array) else pa.array(values)
    batch = pa.RecordBatch.from_arrays([array], ["x"])
    return to_features(batch, {"x": feature}, 1)["x"].lists(feature.dtype).to_pylist()


@pytest.mark.parametrize(
    ("values", "feature", "expected"),
    [
        (["1", "-2", "3.0", "+4", "007"], FULL["int64"], [[1], [-2], [3], [4], [7]]),
        (["1", "", None], GAPS["int64"], [[1], [], []]),
        ([1, None], GAPS["int64"], [[1], []]),
        ([1.0, float("nan"), None], GAPS["int64"], [[1], [], []]),
        (pa.array([1, 2], pa.uint64()), FULL["int64"], [[1], [2]]),
        ([True, False], FULL["int64"], [[1], [0]]),
        (["1.5", "1e3", "+2", ".5"], FULL["float32"], [[1.5], [1000], [2], [0.5]]),
        (["", "1.5"], GAPS["float32"], [[], [1.5]]),
        ([1, 2], FULL["float32"], [[1], [2]]),
        ([decimal.Decimal("1.5")], FULL["float32"], [[1.5]]),
        (["a", "", None], GAPS["string"], [[b"a"], [], []]),
        (["é"], FULL["string"], [["é".encode()]]),
        ([7, 8], FULL["string"], [[b"7"], [b"8"]]),
        ([True, False], FULL["string"], [[b"True"], [b"False"]]),
        ([b"\xff"], FULL["string"], [[b"\xff"]]),
        (pa.array(["a", None, "a"]).dictionary_encode(), GAPS["string"], [[b"a"], [], [b"a"]]),
        (pa.nulls(2), GAPS["float32"], [[], []]),
        ([["a", "b"], [], None, ["c"]], GAPS["string"], [[b"a", b"b"], [], [], [b"c"]]),
        (['["a", "b"]', "['c']", "d", "[]", "", None], TAGS, [[b"a", b"b"], [b"c"], [b"d"], [], [], []]),
        (["[1, 2]", "3", ""], CODES, [[1, 2], [3], []]),
        (["True", "false", ""], GAPS["int64"], [[1], [0], []]),
        ([[1, 2, 3, 4]], IMAGE, [[1, 2, 3, 4]]),
        ([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], IMAGE, [[1, 2, 3, 4], [5, 6, 7, 8]]),
        (["[1, 2, 3, 4.5]", "[[1, 2], [3, 4]]"], IMAGE, [[1, 2, 3, 4.5], [1, 2, 3, 4]]),
    ],
)
def test_values(values, feature, expected):
    assert convert(values, feature) == expected


def test_dates_with_a_type_are_no_text_if_its_form_is_not_known():
    frame = pd.DataFrame({"x": pd.to_datetime(["2024-01-31 12:30"])})
    with pytest.raises(
        UserError,
        match="column 'x': the column has timestamps; the model takes text, so write them as the training",
    ):
        to_features(to_batch(frame, {"x": FULL["string"]}), {"x": FULL["string"]}, 1)


@pytest.mark.parametrize(
    ("values", "feature", "message"),
    [
        (["1", "x"], FULL["int64"], "row 2: column 'x': 'x' is not a whole number"),
        (["", "3.5"], GAPS["int64"], "row 2: column 'x': '3.5' is not a whole number"),
        (["0x1F"], FULL["int64"], "'0x1F' is not a whole number"),
        (["9" * 20], FULL["int64"], "'99999999999999999999' is too large"),
        (["1e39"], FULL["float32"], "'1e39' is too large"),
        (["1_000"], FULL["int64"], "'1_000' is not a whole number$"),
        ([" 1"], FULL["float32"], "' 1' is not a number; remove the spaces around it"),
        (["inf"], FULL["float32"], "'inf' is not a number"),
        (["[" * 100_000], IMAGE, "is not a list such as"),
        ([1.0, 2.5], FULL["int64"], "row 2: column 'x': 2.5 is not a whole number"),
        (pa.array([1, 2**63], pa.uint64()), FULL["int64"], "row 2: column 'x': .* is not a whole number"),
        (["1", "x" * 100], FULL["float32"], "row 2: column 'x': 'x{35}…' is not a number"),
        (["1", ""], FULL["float32"], "row 2: column 'x' is empty; the model requires a value"),
        ([None], FULL["string"], "row 1: column 'x' is empty"),
        ([2.0], FULL["string"], "2.0 is double; the model takes text"),
        ([datetime.date(2020, 1, 1)], FULL["int64"], "has type date32.*; the model takes a whole number"),
        ([["a", "b"]], FULL["string"], "row 1: column 'x' has 2 values; the model takes 1"),
        ([[1, 2, 3, 4], [1, 2]], IMAGE, "row 2: column 'x' has 2 values; the model takes 4"),
        ([[1, 2, 3, 4], [1, 2, 3, None]], IMAGE, "row 2: column 'x': a list has a missing value"),
        ([["1", "2", "3", "4"], ["1", "2", "3", "y"]], IMAGE, "row 2: column 'x': 'y' is not a number"),
        (["True", "yes"], FULL["int64"], "'True' is not a whole number"),
        (["[a, b]"], TAGS, r"'\[a, b\]' is not a list such as \['a', 'b'\]"),
        (["[1, 2, 3, 4]", "1, 2"], IMAGE, "row 2: column 'x': '1, 2' is not a list"),
    ],
)
def test_values_that_do_not_fit(values, feature, message):
    with pytest.raises(UserError, match=message):
        convert(values, feature)


FEATURES = {"size": GAPS["float32"], "kind": FULL["string"]}


@pytest.mark.parametrize(
    "rows",
    [
        [{"size": 1.5, "kind": "a", "more": 1}, {"kind": 7}],
        pd.DataFrame({"kind": ["a", 7], "size": [1.5, None]}),
        pd.DataFrame({"kind": ["a", "7"], "size": ["1.5", ""]}),
        pd.DataFrame({"kind": ["a", "7"], "size": [1.5, pd.NA]}).convert_dtypes(),
        pd.DataFrame({"kind": pd.Categorical(["a", "7"]), "size": [1.5, np.nan]}),
        pa.table({"kind": ["a", "7"], "size": [1.5, None]}),
    ],
    ids=["dicts", "frame", "frame of text", "frame with NA", "categories", "arrow"],
)
def test_the_same_rows_in_every_form(rows):
    columns = to_features(to_batch(rows, FEATURES), FEATURES, 1)
    assert columns["size"].lists("float32").to_pylist() == [[1.5], []]
    assert columns["kind"].lists("string").to_pylist() == [[b"a"], [b"7"]]


def test_one_row():
    image = np.arange(4).reshape(2, 2, 1)
    columns = to_features(to_batch({"x": image}, {"x": IMAGE}), {"x": IMAGE}, 1)
    assert columns["x"].lists("float32").to_pylist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"size": 1}, "missing column 'kind'; the model takes size, kind"),
        ({"Size": 1, "kind": "a"}, r"missing column 'size' \(did you mean 'Size'\?\)"),
        ({"other": 1}, "all of the model's columns are missing"),
        ([{"size": 1, "kind": "a"}, 3], "row 2: must be a dict .*; got int"),
        (np.zeros((3, 2)), "ndarray is not supported"),
        (
            [{"size": "much", "kind": "a"}, {"size": 1.5, "kind": "b"}],
            "row 1: column 'size': 'much' is not a number",
        ),
        (
            [{"size": 1, "kind": 1.5}, {"size": 1, "kind": "b"}],
            "column 'kind' mixes the types float, str",
        ),
        ([b"no example"], "not serialised tf.Examples"),
        (
            pd.DataFrame([[1, 2, "a"]], columns=["size", "size", "kind"]),
            "duplicate column 'size'",
        ),
    ],
)
def test_rows_that_are_not_supported(rows, message):
    with pytest.raises(UserError, match=message):
        to_features(to_batch(rows, FEATURES), FEATURES, 1)
