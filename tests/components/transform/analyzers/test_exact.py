"""Exact sums: closed forms, and the same in any order and grouping."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from components.transform.analyzers.exact import Sums

ANY = arrays.arrays(np.float64, st.tuples(st.integers(0, 12), st.integers(1, 3)), elements=st.floats())
ALIKE = arrays.arrays(
    np.float64,
    st.tuples(st.integers(0, 12), st.integers(1, 3)),
    elements=st.floats(1.6e9, 1.7e9) | st.floats(-1e-3, 1e-3) | st.integers(-9, 9).map(float),
)


def moments(values: list[float]) -> tuple[float, float]:
    """Mean and variance of the finite values, rounded once."""
    numbers = [Fraction(value) for value in values if np.isfinite(value)]
    if not numbers:
        return 0.0, 0.0
    mean = sum(numbers) / len(numbers)
    variance = sum((number - mean) ** 2 for number in numbers) / len(numbers)
    return float(mean), float(variance) if variance < Fraction(np.finfo(float).max) else np.inf


@given(ANY | ALIKE)
def test_mean_and_variance_are_correctly_rounded(values):
    sums = Sums.of(values)
    expected = [moments(column) for column in values.T.tolist()]
    assert list(zip(sums.means().tolist(), sums.variances().tolist(), strict=True)) == expected


@given(ANY | ALIKE, st.randoms(use_true_random=False), st.integers(0, 12))
def test_order_and_grouping_do_not_matter(values, random, cut):
    rows = list(range(len(values)))
    random.shuffle(rows)
    first, second = Sums.of(values[rows[:cut]]), Sums.of(values[rows[cut:]])
    assert first + second == second + first == Sums.of(values)


@given(ANY)
def test_all_elements_together_are_those_of_all_columns(values):
    apart, together = Sums.of(values), Sums.over(values.ravel())
    assert together.counts == [sum(apart.counts)]
    assert together.squares == [sum(apart.squares)]
    assert together.sums == [sum(apart.sums)]


def test_all_elements_of_a_large_array_are_those_of_its_parts():
    values = np.random.default_rng(0).normal(size=2**20 + 7)
    parts = [Sums.over(part) for part in np.array_split(values, 3)]
    assert Sums.over(values) == sum(parts, Sums.zero(1))
    assert Sums.over(values).counts == [len(values)]


@pytest.mark.parametrize("rows", [8191, 8192, 8193, 20_000])
def test_many_rows_of_full_precision(rows):
    values = np.full((rows, 1), np.nextafter(2.0, 1.0))  # every bit of the mantissa is set
    sums = Sums.of(values)
    assert sums.sums == [rows * int(Fraction(values[0, 0]) * 2**1074)]
    assert sums.means() == values[0]
    assert sums.variances() == [0.0]


def test_a_small_variance_far_from_zero_keeps_its_digits():
    values = 1.7e9 + np.arange(10_000)[:, None] * 1e-3
    assert Sums.of(values).variances()[0] == moments(values.ravel().tolist())[1]
