import math
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from components.formats.cells.styles import Booleans, Style, parse

STYLES = st.builds(
    Style,
    st.sampled_from(".,"),
    st.sampled_from(["", "", "$", "€", "US$", "CHF"]),
    st.sampled_from(["", "", "%", "€", "kg", "°C", "sq ft", "km/h", "m²"]),
)
NUMBERS = st.decimals(-(10**12), 10**12, places=3, allow_nan=False).map(float)


def write(value: float, style: Style, groups: str, decimals: int, *, minus: str = "-") -> str:
    """A number as a program with this locale writes it."""
    text = f"{abs(value):,.{decimals}f}"
    text = text.replace(",", "\0").replace(".", style.decimal).replace("\0", groups)
    space = " " if style.suffix else ""
    return f"{minus if value < 0 else ''}{style.prefix}{text}{space}{style.suffix}"


@given(st.lists(NUMBERS, min_size=1), STYLES, st.data())
@example([-0.0, 1234.5], Style(",", "", "%"), None)
def test_numbers_are_read_as_they_were_written(values, style, data):
    other = "." if style.decimal == "," else ","
    draw = data.draw if data else lambda _: other
    groups = draw(st.sampled_from(["", other, " ", "'", "\u00a0", "\u202f", "’"]))
    minus = draw(st.sampled_from("-\u2212")) if data else "-"
    decimals = draw(st.integers(0, 3)) if data else 1
    cells = [write(value, style, groups, decimals, minus=minus) for value in values]
    read = style.plain(pa.array(cells)).to_pylist()
    assert [float(cell) for cell in read] == [float(f"{value:.{decimals}f}") for value in values]


@given(STYLES, st.sampled_from(["", ".", ",", " ", "'"]), st.booleans())
def test_an_example_says_the_style(style, groups, has_decimals):
    if groups == style.decimal:
        return
    again = parse(style.example(groups, has_decimals))
    is_same = has_decimals or groups in (".", ",")  # otherwise, the decimal separator does not show
    assert again == (style if is_same else replace(style, decimal=getattr(again, "decimal", "")))


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ("1,234", "'1,234' may be 1.234 or 1234; write a longer example, such as 1,234.5 or 1,5"),
        ("1.234 kg", "'1.234 kg' may be 1.234 or 1234"),
        ("abc", "'abc' is not a number with at most a sign, a currency or a unit"),
        ("", "'' is not a number"),
        ("1.2.3", "is not a number"),
        ("12,34,567", "is not a number"),
        ("1-2", "is not a number"),
        ("0123 kg", "is not a number"),
        ("1e400", "is not a number"),
    ],
)
def test_examples_that_say_nothing(example, message):
    with pytest.raises(ValueError, match=message):
        parse(example)


@pytest.mark.parametrize(
    ("style", "cells", "expected"),
    [
        (Style(), ["1", " 2 ", "007", "+3", ".5", "5.", "1e3", "x", None], ["1", "2", "007", "+3", ".5", "5.", "1e3", None, None]),
        (Style(), ["(5)", "(1,234.5)", "(-5)", "()", "\u22127"], ["-5", "-1234.5", None, None, "-7"]),
        (Style(","), ["1,5", "1.5", "1.234", "12.34,5", "1.234.567,8"], ["1.5", None, "1234", None, "1234567.8"]),
        (Style(".", "$"), ["$5", "-$5", "$-5", "($5)", "5", "0", "€5", "$ 5"], ["5", "-5", "-5", "-5", None, "0", None, "5"]),
        (Style(".", "", "kg"), ["5 kg", "5kg", "5", "0", "5 kgs", "5 g"], ["5", "5", None, "0", None, None]),
        (Style(), ["9" * 30, "1e39", "--1", "1 2", "12 3456", "1 234"], [None, None, None, None, None, "1234"]),
        (Booleans(), ["true", "FALSE", " True ", "yes", "", None], ["1", "0", "1", None, None, None]),
    ],
)  # fmt: skip
def test_cells(style, cells, expected):
    assert style.plain(pa.array(cells, pa.string())).to_pylist() == expected


def test_no_cell_becomes_what_python_would_not_compute():
    assert math.isclose(float(Style(",").plain(pa.array(["1.234,56e2"]))[0].as_py()), 123456)
