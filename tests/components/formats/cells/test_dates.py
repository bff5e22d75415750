import datetime
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.formats.cells import calendar, date_formats, dates

UTC = datetime.UTC
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
SECOND = datetime.timedelta(seconds=1)

NAMED = (dates.ISO, *dates.EPOCHS)
OTHERS = (
    "%Y%m%d",
    "%Y%m%d%H%M%S",
    "%a, %d %b %Y %H:%M:%S %z",
    "%A the %d. of %B %Y, %I %p",
    "%d/%b/%Y:%H:%M:%S %z",
    "%d%%%m%%%y",
    "%H:%M:%S.%f",
    "%p %I.%M %y+%m+%d",
)
STRPTIME = [format for format in (*dates.FORMATS, *OTHERS) if format not in NAMED]


def seconds(cells, format):
    return dates.seconds(pa.array(cells), format).to_pylist()


def of_python(cell, format):
    try:
        moment = datetime.datetime.strptime(cell, format)
    except ValueError:
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - EPOCH) // SECOND


@given(
    st.lists(st.datetimes(datetime.datetime(1000, 1, 1)), min_size=1),
    st.sampled_from(STRPTIME),
    st.timedeltas(-datetime.timedelta(hours=23), datetime.timedelta(hours=23)),
)
def test_a_date_is_what_python_reads(moments, format, offset):
    zone = datetime.timezone(datetime.timedelta(minutes=offset // datetime.timedelta(minutes=1)))
    cells = [moment.replace(tzinfo=zone).strftime(format) for moment in moments]
    assert seconds(cells, format) == [of_python(cell, format) for cell in cells]


@given(st.sampled_from(STRPTIME), st.data())
def test_what_python_refuses_is_no_date(format, data):
    number = st.integers(0, 70).map(str) | st.integers(0, 70).map("{:02}".format)
    cell = re.sub("%[mdHIMSy]", lambda _: data.draw(number), format).replace(
        "%Y",
        data.draw(st.sampled_from(["0000", "0001", "1900", "2000", "2023", "2024", "9999", "99", "20240"])),
    )
    cell = datetime.datetime(2024, 2, 3, 4, tzinfo=UTC).strftime(cell)
    assert seconds([cell], format) == [of_python(cell, format)]


@given(
    st.datetimes(),
    st.sampled_from("T "),
    st.sampled_from(["date", "minutes", "seconds", "milliseconds", "microseconds"]),
)
def test_iso_dates_are_what_python_reads(moment, separator, precision):
    cell = moment.date().isoformat() if precision == "date" else moment.isoformat(separator, precision)
    expected = (datetime.datetime.fromisoformat(cell).replace(tzinfo=UTC) - EPOCH) // SECOND
    assert seconds([cell, None], dates.ISO) == [expected, None]
    assert seconds([cell, "2024-02-30"], dates.ISO) == [expected, None]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1970-01-01", 0),
        ("1969-12-31T23:59:59.9", -1),
        ("1970-01-01T00:00:00.123456789Z", 0),
        ("1970-01-01 00:01:00 UTC", 60),
        ("1970-01-01T02:00+02:00", 0),
        ("1970-01-01T02:00:00+0200", 0),
        ("1970-01-01 02:00:00+02", 0),
        ("1970-01-01 00:00:00-00:30", 1800),
        (" 1970-01-02 ", 86400),
        ("1970-1-2", None),
        ("1970-01-01T24:00", None),
        ("1970-01-01T10", None),
        ("1970-01-01T10:00:60", None),
        ("2023-02-29", None),
        ("1900-02-29", None),
        ("2000-02-29", 951782400),
        ("0000-01-01", None),
        ("0000-01-01 00:00:00", None),
        ("2024-01-01t10:00", 1704103200),
        ("19700101", None),
        ("1970-01-01 ?", None),
        ("", None),
        (None, None),
    ],
)
def test_iso(cell, expected):
    assert seconds([cell, "2024-02-29"], dates.ISO) == [expected, 1709164800]
    assert seconds([cell, "2024-02-29 0:00"], dates.ISO) == [expected, None]


@pytest.mark.parametrize(
    ("values", "format", "expected"),
    [
        ([0, -1, None, 2**62], "epoch seconds", [0, -1, None, None]),
        ([1999, -1, 0], "epoch milliseconds", [1, -1, 0]),
        ([0.5, -0.5, float("nan"), 1e300], "epoch seconds", [0, -1, None, None]),
        (
            ["12", "+12", "-1", "1.9", "x", "", "1" * 15, None],
            "epoch seconds",
            [12, 12, -1, 1, None, None, None, None],
        ),
        (["1700000000123", "1"], "epoch milliseconds", [1700000000, 0]),
        ([19700102, None, 20240230], "%Y%m%d", [86400, None, None]),
        ([None, None], dates.ISO, [None, None]),
        ([], dates.ISO, []),
        ([], "epoch seconds", []),
    ],
)
def test_numbers_since_1970_and_columns_without_values(values, format, expected):
    assert seconds(values, format) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["31.12.2024", None], ("%d.%m.%Y",)),
        (["01/02/2024"], ("%d/%m/%Y", "%m/%d/%Y")),
        (["01/02/2024", "13/02/2024"], ("%d/%m/%Y",)),
        (["01/02/2024 1:30 PM"], ("%d/%m/%Y %I:%M %p", "%m/%d/%Y %I:%M %p")),
        (["2024-01-31", "2024-01-31T10:00Z"], (dates.ISO,)),
        (["31.02.2024"], ()),
        (["1", "2"], ()),
        (["3 May 2024"], ("%d %b %Y", "%d %B %Y")),
        (["20240131"], ()),
        ([f"{day % 28 + 1:02}.01.2024" for day in range(500)] + ["x"], ()),
    ],
)
def test_formats_are_recognised(cells, expected):
    assert dates.matching(pa.array(cells, pa.large_string())) == expected


@pytest.mark.parametrize(
    ("format", "wrong"),
    [
        ("%Q", "%Q is not supported"),
        ("%Y-%", "% is not supported"),
        ("iso", "there is no date in it"),
        ("%Y %y", "more than one directive for the year"),
        ("%m %b %Y", "more than one directive for the month"),
        ("%d.%m.", "no year"),
        ("%Y %I", "%I and %p belong together"),
        ("%H %p", "%I and %p belong together"),
    ],
)
def test_a_format_that_cannot_be_used_says_why(format, wrong):
    assert wrong in (dates.fault(format) or "")
    with pytest.raises(ValueError, match="; (use|write|keep|add)"):
        date_formats.pattern(format)


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_text_may_be_bytes(type_):
    cells = pa.array([b"31 Dec 2024", b"\xff", None, b"1 MAY 1970"], pa.binary())
    cells = cells.cast(type_) if "binary" in str(type_) else cells.cast(type_, safe=False)
    assert dates.seconds(cells, "%d %b %Y").to_pylist() == [1735603200, None, None, 120 * 86400]
    assert dates.seconds(cells, "epoch seconds").to_pylist() == [None] * 4


def test_formats_that_are_recognised_can_be_used():
    assert {format: dates.fault(format) for format in (*dates.FORMATS, *NAMED) if dates.fault(format)} == {}


@given(st.lists(st.dates(), min_size=1))
def test_days_become_dates_again(moments):
    numbers = np.array([moment.toordinal() for moment in moments]) - datetime.date(1970, 1, 1).toordinal()
    expected = [(moment.year, moment.month, moment.day) for moment in moments]
    assert list(zip(*(part.tolist() for part in calendar.civil(numbers)), strict=True)) == expected
    assert calendar.days(*map(np.array, zip(*expected, strict=True))).tolist() == numbers.tolist()
