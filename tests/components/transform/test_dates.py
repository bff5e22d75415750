"""Dates in the graph, against `components.formats.cells.dates` and by hand."""

import datetime

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import UserError
from components.formats.cells import dates as formats
from components.transform import dates
from tests.components.formats.cells.test_dates import STRPTIME

ELAPSED = dates.FEATURES.index("elapsed")


def features(cells, format):
    """Features by name, of a column of text or numbers."""
    found = dates.features({"x": tf.constant(cells)[:, tf.newaxis]}, {"x": format}).numpy()
    return dict(zip(dates.FEATURES, found.T.tolist(), strict=True))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.datetimes(datetime.datetime(1000, 1, 1)), min_size=1, max_size=5),
    st.sampled_from(STRPTIME),
    st.integers(-1439, 1439),
    st.data(),
)
def test_the_graph_reads_what_arrow_reads(moments, format, offset, data):
    zone = datetime.timezone(datetime.timedelta(minutes=offset))
    cells = [moment.replace(tzinfo=zone).strftime(format) for moment in moments]
    at = data.draw(st.integers(0, len(cells[0])))
    cells += [cells[0][:at] + data.draw(st.sampled_from("0123456789 x")) + cells[0][at + 1 :]]
    expected = formats.seconds(pa.array(cells), format).to_numpy(zero_copy_only=False) / 86400
    found = np.array(features(cells, format)["elapsed"])
    assert np.allclose(found, expected, rtol=0, atol=1e-6, equal_nan=True), cells


@pytest.mark.parametrize(
    ("cells", "format"),
    [
        (["2024-02-29T23:59:59.5+05:30", "2024-02-30", "1970-01-01 00:00:00-00:30", "2024-02-29 10:00+02", ""], formats.ISO),
        (["3 may 1999", "31 Apr 2024", "\xff", "3 MAY 2024 "], "%d %b %Y"),
        (["1.1.69 12:00 am", "31.12.68 12:59 PM", "1.1.00 0:10 AM"], "%d.%m.%y %I:%M %p"),
        (["12", "-1", "1.5", "x", "", "253402300799", "253402300800"], "epoch seconds"),
        (["1700000000123", "-1"], "epoch milliseconds"),
    ],
)  # fmt: skip
def test_cells_of_text(cells, format):
    expected = formats.seconds(pa.array(cells), format).to_numpy(zero_copy_only=False) / 86400
    np.testing.assert_allclose(
        np.floor(np.array(features(cells, format)["elapsed"]) * 86400 + 1e-4) / 86400, expected
    )


def test_numbers_since_1970():
    assert features([0, -86400, 2**62], "epoch seconds")["elapsed"][:2] == [0, -1]
    assert np.isnan(features([2**62], "epoch seconds")["year"][0])
    assert features([90_000_000], "epoch milliseconds")["hour"] == [1]


@pytest.mark.parametrize(
    ("cell", "format"),
    [
        ("2024-02-29T18:30:00", formats.ISO),
        ("29.02.2024 18:30", "%d.%m.%Y %H:%M"),
        ("Feb 29, 2024 06:30 PM", "%b %d, %Y %I:%M %p"),
        ("2024-02-29 18:30", "%d.%m.%Y %H:%M"),
        ("2024-02-29 18:30", "%d.%m.%y"),
        ("2024-02-29 18:30", "%d %B %Y %I:%M %p"),
    ],
)
def test_features_of_a_date(cell, format):
    found = {name: values[0] for name, values in features([cell], format).items()}
    assert {name: found[name] for name in ("year", "month", "day", "weekday", "hour")} == {
        "year": 2024,
        "month": 2,
        "day": 29,
        "weekday": 3,  # Thursday
        "hour": 18.5,
    }
    assert (
        found["elapsed"]
        == (datetime.datetime(2024, 2, 29, 18, 30) - datetime.datetime(1970, 1, 1)).total_seconds() / 86400
    )
    for name, share in {"month": 1 / 12, "day": 28 / 31, "weekday": 3 / 7, "minute": 18.5 / 24}.items():
        assert found[f"sine of {name}"] == pytest.approx(np.sin(2 * np.pi * share))
        assert found[f"cosine of {name}"] == pytest.approx(np.cos(2 * np.pi * share))


def test_a_moment_has_the_same_features_in_every_zone():
    found = features(["2024-01-01T00:30:00+02:00", "2023-12-31T22:30:00Z", "2023-12-31 22:30"], formats.ISO)
    assert [found["year"][0], found["hour"][0]] == [2023, 22.5]
    assert all(len(set(values)) == 1 for values in found.values())


def test_columns_keep_their_order_and_gaps_are_not_numbers():
    columns = {
        "a": tf.constant([["31.12.1999"], ["?"]]),
        "b": tf.SparseTensor([[1, 0]], tf.constant([86400], tf.int64), [2, 1]),
        "c": tf.constant([["01.01.2000"], ["2001-01-01"]]),
    }
    named = {"a": "%d.%m.%Y", "b": "epoch seconds", "c": "%d.%m.%Y"}
    found = dates.features(columns, named).numpy().reshape(2, 3, -1)
    assert found.shape[2] == len(dates.FEATURES)
    np.testing.assert_array_equal(found[:, :, 0], [[1999, np.nan, 2000], [np.nan, 1970, 2001]])
    assert (np.isnan(found).all(axis=2) == np.isnan(found).any(axis=2)).all()


def test_columns_of_a_format_cost_few_operations():
    def operations(count: int) -> int:
        @tf.function(input_signature=[[tf.TensorSpec([None, 1], tf.string)] * count], autograph=False)
        def read(columns):
            named = {str(place): column for place, column in enumerate(columns)}
            return dates.features(named, dict.fromkeys(named, "%d.%m.%Y"))

        return len(read.get_concrete_function().graph.get_operations())

    assert operations(30) - operations(20) <= 20


def test_digits_of_whole_numbers_are_a_date_but_float32_would_change_them():
    assert features([20240131], "%Y%m%d")["day"] == [31]
    with pytest.raises(UserError, match="'x' has numbers with a point.* for the format %Y%m%d"):
        features([20240131.0], "%Y%m%d")
