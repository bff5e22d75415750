"""The latest span of data is found as TFX finds it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import DataError
from pipeline.data import spans
from pipeline.data.inspection import inspect
from tests.components.example_gen.generate import resolved

TABLE = "x,label\n1,a\n2,b\n3,a\n"


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(TABLE, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("pattern", "names", "expected"),
    [
        ("day-{SPAN}", ["day-2/a.csv", "day-10/a.csv", "day-x/a.csv", "day-11.csv"], ("day-10", 10, None, 2)),
        ("{SPAN}.csv", ["1.csv", "3.csv", "b.csv", "4.csv.part"], ("3.csv", 3, None, 2)),
        ("{SPAN:2}/v{VERSION}", ["01/v1/a.csv", "02/v1/a.csv", "02/v10/a.csv", "003/v99/a.csv"], ("02/v10", 2, 10, 2)),
        ("{YYYY}/{MM}-{DD}.csv", ["2024/02-29.csv", "2023/12-31.csv"], ("2024/02-29.csv", 19782, None, 2)),
        ("[a]-{SPAN}/x.csv", ["[a]-1/x.csv", "a-2/x.csv"], ("[a]-1/x.csv", 1, None, 1)),
    ],
)  # fmt: skip
def test_the_latest_version_of_the_latest_span(tmp_path, pattern, names, expected):
    found = spans.latest(make(tmp_path, *names) / pattern)
    assert found == spans.Span(tmp_path / expected[0], *expected[1:])
    assert spans.is_here(tmp_path / pattern)


@settings(max_examples=25)
@given(
    st.sets(st.tuples(st.integers(0, 120), st.integers(0, 12)), min_size=1, max_size=6),
    st.sampled_from(["s{SPAN}/v{VERSION}", "s{SPAN:4}-{VERSION:2}"]),
)
def test_it_is_the_one_that_tfx_finds(tmp_path_factory, pairs, pattern):
    folder = tmp_path_factory.mktemp("spans")
    form = pattern.replace("{SPAN:4}", "{SPAN:04}").replace("{VERSION:2}", "{VERSION:02}")
    make(folder, *(f"{form.format(SPAN=span, VERSION=version)}/a.csv" for span, version in pairs))
    tfx = resolved(folder, {"all": f"{pattern}/*.csv"})
    found = spans.latest(folder / pattern)
    assert (found.number, found.version) == (tfx["span"], tfx["version"]) == max(pairs)


def test_the_data_are_those_of_the_span(tmp_path):
    data = inspect(make(tmp_path, "day-1/a.csv", "day-2/b.csv") / "day-{SPAN}", "label")
    assert (data.directory, data.inputs) == (tmp_path / "day-2", {"all": "*.csv"})
    assert data.lines[0] == f"data.path: span 2, the latest of 2: {tmp_path}/day-2"


def test_a_path_that_exists_is_taken_as_it_is(tmp_path):
    make(tmp_path, "day-{SPAN}/a.csv", "day-1/a.csv")
    assert spans.latest(tmp_path / "day-{SPAN}") is None
    assert spans.latest(tmp_path / "day-1") is None


@pytest.mark.parametrize(
    ("pattern", "names", "message"),
    [
        ("day-{SPAN}", ["day-x/a.csv"], r"nothing matches .*/day-\{SPAN\}, where \{SPAN\} stands for digits"),
        ("day-{SPAN}", ["day-1/a.csv", "day-01/a.csv"], "day-01 and .*/day-1 are the same span; remove one"),
        ("{YYYY}-{MM}", [], r"must contain \{SPAN\}, or \{YYYY\}, \{MM\} and \{DD\}, once each, and perhaps \{VERSION\}"),
        ("v{VERSION}", [], r"must contain \{SPAN\}"),
        ("{SPAN}/{SPAN}", [], r"must contain \{SPAN\}"),
        ("{YYYY}-{MM}-{DD}", ["2023-02-29/a.csv"], "2023-02-29 does not name a date"),
        ("day-{SPAN}", ["day-1/a.txt"], r"day-1 contains no .* files; rename to .csv"),
    ],
)  # fmt: skip
def test_patterns_without_a_span(tmp_path, pattern, names, message):
    make(tmp_path, *names)
    with pytest.raises(DataError, match=message):
        inspect(tmp_path / pattern, "label")
