"""What is learned of a column does not depend on how its cells come."""

import dataclasses

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.formats.cells.reading import PLAIN, Reading
from components.formats.recognition.columns import Columns
from components.formats.recognition.distinct import Distinct, hash_texts
from components.formats.recognition.profile import Profile

CELLS = st.sampled_from(
    [*("", "1", "2", "007", "1.5", "1.234", "1,5", "1,234", "12 kg", "3 kg", "NA", "-", "a", "a|b", "b|c|a", "true"),
     *("2024-01-31", "01.02.2024", "31.12.2024", "several words in a cell", "inf", "1e39", "9" * 20, "$5", "$1.50")]
)  # fmt: skip


def learn(blocks: list[list[str]], reading: Reading = PLAIN) -> Profile:
    arrays = [pa.array([cell or None for cell in block], pa.string()) for block in blocks]
    columns = Columns(reading)
    for cells in arrays:
        columns.add("x", cells)
    columns.again(pa.record_batch({"x": cells}) for cells in arrays)
    return columns.profiles()["x"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(CELLS, min_size=1, max_size=3).flatmap(lambda few: st.lists(st.sampled_from(few), min_size=1)),
    st.data(),
)
def test_order_and_borders_do_not_matter(cells, data):
    shuffled = data.draw(st.permutations(cells))
    border = data.draw(st.integers(0, len(cells)))
    whole, parts = learn([cells]), learn([shuffled[:border], shuffled[border:]])
    assert dataclasses.replace(parts, examples=whole.examples) == whole


def test_a_column_that_is_text_in_the_end_is_learned_from_the_start():
    blocks = [[str(row) for row in range(100)], ["x", "y"], ["100"]]
    found = learn(blocks)
    assert (found.rows, found.distinct, found.others, found.other_count) == (103, 103, ("x", "y"), 2)
    assert learn([["", ""], ["x"]]).rows == 3


@given(st.lists(st.text(), max_size=50), st.integers(0, 5), st.integers(0, 5))
def test_texts_have_the_same_hash_if_they_are_the_same(texts, skip, cut):
    cells = pa.array(["ä" * 20, *texts, *texts], pa.string())
    part = cells.slice(min(skip, 1), len(cells) - min(skip, 1))
    hashes = hash_texts(part)
    kept = part.to_pylist()
    assert len({*zip(hashes.tolist(), kept, strict=True)}) == len(set(kept)) == len(set(hashes.tolist()))


def test_long_texts_differ_by_their_beginning_or_length():
    texts = ["x" * 10_000, "x" * 10_001, "y" + "x" * 9_999, "x" * 8, "x" * 9, "", "\0", "\0\0"]
    assert len(set(hash_texts(pa.array(texts)).tolist())) == len(texts)


@pytest.mark.parametrize("most", [None, 10])
def test_distinct_values_are_counted_over_all_parts(most):
    distinct = Distinct(most)
    for _ in range(3):
        for start in range(0, 20_000, 1000):
            distinct.add(pa.array(range(start, start + 1500)).to_numpy().astype("uint64"))
    assert distinct.count == 20_500 if most is None else distinct.count > most


def test_marks_that_are_configured_are_empty_cells():
    found = learn([["1", "-999", "unknown", "3"]], Reading(missing=("-999", "unknown")))
    assert (found.filled, found.low, found.marks, found.is_number) == (2, 1.0, (), True)


@pytest.mark.parametrize(
    ("numbers", "days"),
    [
        ([18, 42, None, 79], ()),
        ([2001, 2024], ()),
        ([20240131, None, 20231201], ("%Y%m%d",)),
        ([20240131, 20240132], ()),
        ([1_700_000_000], ()),
    ],
)
def test_whole_numbers_with_a_type_are_learned_as_their_cells_are(numbers, days):
    typed = Columns(PLAIN)
    typed.add_typed("x", pa.array(numbers, pa.int64()))
    found = learn([["" if number is None else str(number) for number in numbers]])
    assert typed.profiles()["x"] == found
    assert found.dates == days


@pytest.mark.parametrize("type_", [pa.int64(), pa.float64()])
def test_parts_of_a_column_may_be_marks_of_missing_values_alone(type_):
    columns = Columns(Reading(missing=("-999",)))
    for part in ([-999, -999], [1, None, -999], [-999]):
        columns.add_typed("x", pa.array(part, type_))
    columns.add_typed("x", pa.nulls(1))  # a file whose column has no type
    found = columns.profiles()["x"]
    assert (found.rows, found.filled, found.low, found.high) == (7, 1, 1.0, 1.0)
