"""Rows are cut at the same places whatever parts they come in."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.example_gen.cells import Cells, ordered

KEYS = st.lists(st.integers(0, 200) | st.integers(0, 2**64 - 1), max_size=60)


def keys(values: list[int]) -> np.ndarray:
    return np.array(values, np.uint64)


@given(KEYS, st.integers(1, 20), st.randoms())
def test_cells_do_not_depend_on_parts_and_order(values, most, chance):
    whole = Cells.of(keys(values), most)
    chance.shuffle(values)
    parts = [Cells.of(keys(values[start : start + 7]), most) for start in range(0, len(values), 7)]
    merged = Cells.merge([Cells.merge(parts[:2], most), *parts[2:]], most)
    assert merged.shift == whole.shift
    assert merged.numbers.tolist() == whole.numbers.tolist()
    assert merged.counts.tolist() == whole.counts.tolist()
    assert len(whole.numbers) <= most
    assert whole.total == len(values)


@given(KEYS, st.integers(1, 20))
def test_cells_are_as_small_as_they_may_be(values, most):
    cells = Cells.of(keys(values), most)
    assert cells.shift == 0 or len({value >> (cells.shift - 1) for value in values}) > most


@given(st.lists(st.integers(0, 50), min_size=3, max_size=80), st.tuples(*[st.integers(1, 9)] * 3))
def test_no_part_is_empty_and_each_cut_is_the_nearest(values, shares):
    cuts = Cells.of(keys(values)).cuts(shares)
    distinct = sorted(set(values))
    if len(distinct) < 3:
        assert cuts is None
        return
    first, second = cuts.tolist()
    assert values
    assert min(values) < first < second <= max(values)
    before = {value: sum(each < value for each in values) for value in distinct}
    for cut, target, candidates in (
        (first, shares[0], distinct[1:-1]),
        (second, shares[0] + shares[1], [value for value in distinct if value > first]),
    ):
        distance = {value: abs(before[value] - target * len(values) / sum(shares)) for value in candidates}
        assert distance[cut] == min(distance.values())


@given(st.lists(st.floats(allow_nan=False)))
def test_keys_of_fractions_have_their_order(numbers):
    found = ordered(pa.array(numbers, pa.float64())).tolist()
    assert np.argsort(found, kind="stable").tolist() == np.argsort(numbers, kind="stable").tolist()


@pytest.mark.parametrize("type_", [pa.int64(), pa.int8()])
def test_keys_of_whole_numbers_have_their_order(type_):
    found = ordered(pa.array([-128, -1, 0, 1, 127], type_)).tolist()
    assert found == sorted(set(found))
