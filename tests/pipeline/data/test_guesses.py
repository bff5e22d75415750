"""What is guessed about columns, from CSV files."""

import csv
import itertools
import uuid
from pathlib import Path

import pytest

from components.errors import DataError
from pipeline.config.data import DataSection
from pipeline.data.guess_lines import MOST_LINES, few_lines
from pipeline.data.guesses import Understanding, guess
from pipeline.data.inspection import Data, inspect

ROWS = 60


def look(folder: Path, columns: dict[str, list], **section) -> tuple[Understanding, Data]:
    """Writes a table with a label, inspects it, and guesses; columns are repeated to `ROWS` rows, if shorter."""
    rows = max(ROWS, *map(len, columns.values()))
    filled = {name: list(itertools.islice(itertools.cycle(cells), rows)) for name, cells in columns.items()}
    filled = {**filled, "other": [0.5, 1.25] * (rows // 2), "label": ["a", "b"] * (rows // 2)}
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([filled, *zip(*filled.values(), strict=True)])
    configured = DataSection(path=folder, **{"label": "label", **section})
    data = inspect(folder, configured.label, "auto", configured.categorical, reading=configured.reading())
    return guess(configured, data), data


def found(understanding: Understanding, name: str) -> tuple[str, object]:
    """What a column is taken for."""
    if name in understanding.dropped:
        return "dropped", understanding.dropped[name]
    for what in ("dates", "lists", "numbers", "marks"):
        if name in getattr(understanding, what):
            return what, getattr(understanding, what)[name]
    for what in ("text", "categorical"):
        if name in getattr(understanding, what):
            return what, None
    return "", None


PLAIN = ("", None)
UNIQUE = ("dropped", "every row has a value of its own")
NUMBERED = ("dropped", "every row has a number of its own")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # numbers that are written in some style
        (["1.234,56 €", "12,00 €", "999,50 €"], ("numbers", "1.234,5 €")),
        (["$1,234.50", "$12.00", "-$3", "($5.00)"], ("numbers", "$1,234.5")),
        (["€5", "€7.50"], ("numbers", "€12.5")),
        (["USD 5", "USD 1,200"], ("numbers", "USD1,234,567")),
        (["12,5", "1,25", "3"], ("numbers", "12,5")),
        (["0,123", "1,234"], ("numbers", "12,5")),
        (["1,234", "999", "12,500"], ("numbers", "1,234,567")),
        (["1,234,567", "12"], ("numbers", "1,234,567")),
        (["1.234.567", "1.234"], ("numbers", "1.234.567")),
        (["1.234 €", "12.500 €"], ("numbers", "1.234.567 €")),
        (["1 234,5", "12,5"], ("numbers", "1 234,5")),
        (["1\u00a0234,5", "12,5"], ("numbers", "1 234,5")),
        (["1\u202f234", "56"], ("numbers", "1 234")),
        (["1'234.50", "1’234"], ("numbers", "1'234.5")),
        (["12,5 %", "3 %"], ("numbers", "12,5 %")),
        (["12.5%", "3%", "0"], ("numbers", "12.5%")),
        (["12 kg", "7 kg", "1.5 kg"], ("numbers", "12.5 kg")),
        (["36 months", " 60 months"], ("numbers", "12 months")),
        (["20 °C", "−3 °C"], ("numbers", "12°C")),
        (["\u22125", "7"], ("numbers", "1.5")),
        ([" 1", "2 ", "3.5"], ("numbers", "1.5")),
        (["(5)", "7", "8.5"], ("numbers", "1.5")),
        (["true", "FALSE", "True"], ("numbers", "true")),
        (["1,5 kg", "NA", "2,5 kg"], ("numbers", "12,5 kg")),
        # what only looks like numbers
        (["12 kg", "7 lb"], PLAIN),
        (["12 €", "$5"], PLAIN),
        (["1.2.3", "1.10.0"], PLAIN),
        (["192.168.0.1", "10.0.0.1"], PLAIN),
        (["555-1234", "555-9876"], PLAIN),
        (["+49 151 234 567", "+49 171 234 567"], PLAIN),
        (["612 345 678", "698 123 456"], PLAIN),
        (["2024-W05", "2024-W06"], PLAIN),
        (["A1", "A2"], PLAIN),
        (["C536365", "C536366"], PLAIN),
        (["5A", "12A"], PLAIN),
        (["007 kg", "012 kg"], PLAIN),
        (["10-20", "20-30"], PLAIN),
        (["1/2", "3/4"], PLAIN),
        (["5+", "3+"], PLAIN),
        (["16:9", "4:3"], PLAIN),
        (["1.234,5", "1,234.5"], PLAIN),
        (["1_000", "2_000"], PLAIN),
        (["0x1F", "0x2A"], PLAIN),
        (["< 100 DM", "100 - 200 DM"], PLAIN),
        (["12,34,567", "1,23,456"], PLAIN),
        (["yes", "no"], PLAIN),
        (["1.5", "2", "-3e4"], PLAIN),
        (["007", "8", "12"], PLAIN),
        (["01234", "90210", "00501"], ("categorical", None)),
        (["9" * 20, "8" * 20], PLAIN),
        # gaps
        (["1", "NA", "3"], ("marks", ("NA",))),
        (["1.5", "?", "-", "n/a"], ("marks", ("-", "?", "n/a"))),
        (["1", "null", "None", "nan", ".", "#DIV/0!", " "], ("marks", (" ", "#DIV/0!", ".", "None", "nan", "null"))),
        (["007", "NA"], ("marks", ("NA",))),
        (["a", "NA", "?"], PLAIN),
        (["NA", "?"], ("dropped", "it is empty")),
        (["", ""], ("dropped", "it is empty")),
        (["3.5", "3.5"], ("dropped", "all rows have the value '3.5'")),
        (["x", "x"], ("dropped", "all rows have the value 'x'")),
        (["x", ""], PLAIN),
        # dates
        (["2024-01-31", "2024-02-01 10:00", "2024-02-01T10:00:00Z"], ("dates", "ISO")),
        (["31.12.2024", "01.02.2024"], ("dates", "%d.%m.%Y")),
        (["12/31/2024", "01/02/2024"], ("dates", "%m/%d/%Y")),
        (["31/12/2024 10:30", "01/02/2024 9:05"], ("dates", "%d/%m/%Y %H:%M")),
        (["3 May 2024", "12 June 2024"], ("dates", "%d %B %Y")),
        (["2024-01-31", "0000-00-00", "NA"], ("dates", "ISO")),
        (["10:30", "23:59"], ("dates", "%H:%M")),
        (["31.02.2024", "01.02.2024"], PLAIN),
        (["seen on 2024-01-31", "seen on 2024-02-01"], PLAIN),
        (["2024", "2023"], PLAIN),
        # lists
        (["a|b", "a", "b|c", "c|a|b"], ("lists", "|")),
        (["wifi; pool", "pool", "wifi", "gym;wifi", "gym; pool; wifi"], ("lists", ";")),
        (["Action, Drama", "Drama", "Comedy", "Action", "Comedy, Drama, Action"], ("lists", ",")),
        (["Yes, definitely", "No, never", "Maybe"], PLAIN),
        (["Berlin, DE", "Paris, FR"], PLAIN),
        (["a/b", "b"], PLAIN),
        # free text and ids
        ([f"the film was number {row} of the year" for row in range(ROWS)], ("text", None)),
        (["the film was good", "it was bad for me"], PLAIN),
        ([str(uuid.UUID(int=row)) for row in range(ROWS)], UNIQUE),
        ([f"C{row:04}" for row in range(ROWS)], UNIQUE),
        ([f"C{row // 2:04}" for row in range(ROWS)], PLAIN),
    ],
)  # fmt: skip
def test_what_a_column_is_taken_for(tmp_path, cells, expected):
    assert found(look(tmp_path, {"x": cells})[0], "x") == expected


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("x", range(ROWS), NUMBERED),
        ("x", range(1, ROWS + 1), NUMBERED),
        ("x", sorted(range(ROWS), key=lambda row: row * 37 % 61), NUMBERED),
        ("x", [f"{row:03}" for row in range(ROWS)], NUMBERED),
        ("row_number", range(100, 100 + ROWS), NUMBERED),
        ("customerId", range(0, 7 * ROWS, 7), NUMBERED),
        ("order_id", range(10_000, 10_000 + 3 * ROWS, 3), NUMBERED),
        ("year", range(1950, 1950 + ROWS), PLAIN),
        ("day", range(1, ROWS + 1), PLAIN),
        ("x", range(100, 100 + ROWS), PLAIN),
        ("price_in_cents", [(row * 7919) % 100_003 for row in range(ROWS)], PLAIN),
        ("customer_id", [1, 2, 3], PLAIN),
        ("paid", range(5, 5 + ROWS), PLAIN),
        ("created_at", range(1_700_000_000, 1_700_000_000 + ROWS), ("dates", "epoch seconds")),
        ("timestamp", range(1_700_000_000_000, 1_700_000_000_000 + ROWS), ("dates", "epoch milliseconds")),
        ("revenue", range(1_700_000_000, 1_700_000_000 + ROWS), PLAIN),
        ("time", range(1, ROWS + 1), PLAIN),
        ("date", ["20240131", "20231201"], ("dates", "%Y%m%d")),
        ("amount", ["20240131", "20231201"], PLAIN),
    ],
)
def test_names_tell_ids_and_times_from_quantities(tmp_path, name, cells, expected):
    assert found(look(tmp_path, {name: list(cells)})[0], name) == expected


def test_an_id_is_kept_if_there_is_nothing_else(tmp_path):
    (tmp_path / "rows.csv").write_text("x,label\n" + "".join(f"{row},{row % 2}\n" for row in range(ROWS)))
    understanding = guess(DataSection(path=tmp_path, label="label"), inspect(tmp_path, "label"))
    assert understanding.dropped == {}


def test_day_and_month_are_asked_for(tmp_path):
    cells = ["01/02/2024", "11/12/2024"]
    with pytest.raises(
        DataError,
        match=r"data.dates: in 'x', day and month cannot be told apart, as in '01/02/2024'; add data.dates: "
        r"\{x: '?%d/%m/%Y'?\}, or \{x: '?%m/%d/%Y'?\} if the month comes first",
    ):
        look(tmp_path, {"x": cells})
    for section in ({"dates": {"x": "%m/%d/%Y"}}, {"categorical": ["x"]}, {"ignore": ["x"]}):
        look(tmp_path, {"x": cells}, **section)


def test_configured_wins(tmp_path):
    columns = {
        "id": list(range(ROWS)),
        "day": ["01.02.2024", "31.01.2024"],
        "note": [f"the film was number {row} of the year" for row in range(ROWS)],
        "tags": ["a|b", "a", "b|c", "c|a|b"],
        "price": ["1,5 €", "2 €"],
        "code": ["01", "02"],
        "size": ["1", "NA"],
    }
    understanding, _ = look(tmp_path, columns, categorical=list(columns))
    assert understanding == Understanding({}, (), {}, {}, (), categorical=tuple(columns))
    understanding, _ = look(
        tmp_path,
        columns,
        numbers={"id": "12", "code": "12"},
        dates={"day": "%d.%m.%Y"},
        text=["tags"],
        lists={"note": " "},
        missing=["NA", "-999"],
    )
    assert (understanding.numbers["id"], understanding.numbers["code"]) == ("12", "12")
    assert understanding.numbers["price"] == "12,5 €"
    assert (understanding.text, understanding.lists) == (("tags",), {"note": " "})
    assert (understanding.missing, understanding.marks, understanding.dropped) == (("NA", "-999"), {}, {})


def test_own_preprocessing_gets_the_columns_as_configured(tmp_path):
    understanding, data = look(tmp_path, {"id": list(range(ROWS)), "day": ["01.02.2024", "31.01.2024"]})
    assert understanding.dropped
    section = DataSection(path=tmp_path, label="label", missing=["NA"])
    assert guess(section, data, is_own=True) == Understanding({}, (), {}, {}, ("NA",))


@pytest.mark.parametrize(
    ("columns", "section", "message"),
    [
        ({"x": ["1", "2", "abc"]}, {"numbers": {"x": "1,5"}}, "data.numbers: 'x': 'abc' is not a number like 1,5"),
        ({"x": ["1,5", "2.5"]}, {"numbers": {"x": "1,5"}}, "data.numbers: 'x': '2.5' is not a number like 1,5"),
        ({"x": ["31.01.2024", "2024-01-31", "x"]}, {"dates": {"x": "%d.%m.%Y"}},
         "data.dates: 'x': not dates of the format %d.%m.%Y: '2024-01-31', 'x'; correct the format"),
        ({"x": ["1.5", "1e39"]}, {}, "column 'x' has numbers, but '1e39' is not finite as float32"),
        ({"x": ["1.5", "-inf"]}, {}, "column 'x' has numbers, but '-inf' is not finite as float32"),
    ],
)  # fmt: skip
def test_cells_that_do_not_fit(tmp_path, columns, section, message):
    with pytest.raises(DataError, match=message):
        look(tmp_path, columns, **section)
    look(tmp_path, columns, categorical=["x"])


def test_frequent_gaps_are_features(tmp_path):
    cells = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, ""]
    columns = {
        "rare": [1.5] * 59 + [""],
        "often": cells,
        "marked": [*cells[:-1], "NA"],
        "words": ["a", "b", ""],
        "ended": ["2024-01-31", "2024-02-01", "", "2024-02-03"],
        "left": ["31.01.2024", "NA"],
    }
    assert look(tmp_path, columns)[0].gaps == ("often", "marked", "ended", "left")
    dates = {"ended": "ISO", "left": "%d.%m.%Y"}
    assert look(tmp_path, columns, dates=dates, missing=["NA"])[0].gaps == ("often", "marked", *dates)


def test_lines_say_what_was_guessed_and_what_changes_it(tmp_path):
    columns = {
        "id": list(range(ROWS)),
        "when": ["01.02.2024", "31.01.2024"],
        "price": ["1,234", "999"],
        "share": ["12,5 %", "3 %"],
        "size": ["1", "NA"],
        "weight": ["1", "NA"],
        "grade": [*range(30), "unknown"],
        "tags": ["a|b", "a", "b|c", "c|a|b"],
    }
    lines = look(tmp_path, columns)[0].lines
    assert lines == (
        "grade: categories, because of 'unknown' in 1 of 60 rows; the others are numbers. If these are gaps, add "
        "data.missing: [unknown]",
        "price: numbers written like 1,234,567. If the separator is the other one: data.numbers: {price: '1.234,5'}",
        "share: numbers written like 12,5 %, which is read as 12.5. To change it: data.categorical: [share]",
        "size, weight: numbers; 'NA' is a gap. To change it: data.categorical: [size]",
        "when: dates of the format %d.%m.%Y, such as 01.02.2024. To change it: data.dates: {when: FORMAT}, or "
        "data.categorical: [when]",
        "tags: lists separated by '|', such as 'a|b'. To change it: data.categorical: [tags]",
        "id: left out, every row has a value of its own. To keep it: data.categorical: [id]",
    )
    assert few_lines(["x"] * (MOST_LINES + 3)) == ["x"] * MOST_LINES + [
        "… and 3 more; python -m pipeline init writes all of them"
    ]
    assert few_lines(lines) == list(lines)


def test_many_columns_share_a_line(tmp_path):
    columns = {f"pixel{number}": [0] for number in range(30)}
    (line,) = look(tmp_path, columns)[0].lines
    names = "pixel0, pixel1, pixel2, pixel3, pixel4"
    assert line == f"{names} and 25 more: left out, all rows have the same value"


def test_many_levels_are_said(tmp_path):
    cells = [f"level {row // 2}" for row in range(2400)]
    (line,) = look(tmp_path, {"x": cells})[0].lines
    assert line.startswith("x: 1,200 different values, of which the 1,000 most frequent are told apart.")


def test_a_cell_that_is_not_a_date_is_named(tmp_path):
    """Whatever block it is in; nearly all cells must have one format."""
    days = [f"{day:02}.{month:02}.2024" for month in (1, 2, 3) for day in range(1, 21)]
    for bad in (0, 30, 59):
        cells = [*days[:bad], "32.01.2024", *days[bad + 1 :]]
        understanding, _ = look(tmp_path, {"day": cells})
        assert understanding.lines == (
            "day: categories, because of '32.01.2024' in 1 of 60 rows; the others are dates of the format %d.%m.%Y. If "
            "these are gaps, add data.missing: [32.01.2024]",
        )
    understanding, _ = look(tmp_path, {"day": [*days[:40], *map(str, range(20))]})
    assert not any("dates" in line for line in understanding.lines)


def test_columns_of_one_kind_are_one_line(tmp_path):
    days = [f"2024-01-{day:02}" for day in range(1, 31)]
    columns = {f"d{number}": days for number in range(8)} | {
        f"p{number}": ["1,5 %", "2 %"] for number in range(3)
    }
    assert look(tmp_path, {**columns, "q": ["1 %", "?"]})[0].lines == (
        "p0, p1, p2: numbers written like 12,5 %, which is read as 12.5. To change it: data.categorical: [p0]",
        "q: numbers written like 12%, which is read as 12; '?' is a gap. To change it: data.categorical: [q]",
        "d0, d1, d2, d3, d4 and 3 more: dates of the format ISO, such as 2024-01-01. To change it: data.dates: {d0: "
        "FORMAT}, or data.categorical: [d0]",
    )


def test_ids_are_kept_if_there_is_nothing_else_but_first_those_without_the_name_of_one(tmp_path):
    (tmp_path / "rows.csv").write_text(
        "x,id,label\n" + "".join(f"{row},{row},{row % 2}\n" for row in range(20))
    )
    configured = DataSection(path=tmp_path, label="label")
    understanding = guess(configured, inspect(tmp_path, "label"))
    assert understanding.dropped == {"id": "every row has a number of its own"}


def test_telephone_numbers_are_no_text_and_codes_of_one_length_are_ids_if_they_differ(tmp_path):
    phones = [f"+49 {30 + row % 7} {1_000_000 + 7919 * row % 1000}" for row in range(60)]
    codes = [f"{7919 * row % 99_991:08}" for row in range(1, 61)]
    understanding, _ = look(tmp_path, {"phone": [*phones[:-1], phones[0]], "code": codes})
    assert understanding.text == ()
    assert understanding.dropped == {"code": "every row has a number of its own"}
