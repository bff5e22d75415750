import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.example_gen.hashing import hash_rows


def hashes(**columns: pa.Array) -> list[int]:
    return hash_rows(pa.record_batch(columns)).tolist()


def test_hashes_stay_what_they_are():
    """With other hashes, rows would move between the splits of one data set."""
    assert hashes(n=pa.array([1, None]), x=pa.array([0.5, 1e20]), k=pa.array(["a", "ä"])) == [
        13126463752914931526,
        3540584739779330329,
    ]
    assert hashes(pixels=pa.array([[1, 2], []])) == [17660449276373664069, 0]


@pytest.mark.parametrize(
    "columns",
    [
        {"k": pa.array(["a", "b"]), "n": pa.array([3, 2**53 + 1])},
        {"n": pa.array([3, 2**53 + 1]), "k": pa.array([b"a", b"b"], pa.large_binary())},
        {"n": pa.array([[3], [2**53 + 1]]), "k": pa.array([["a"], ["b"]]), "absent": pa.nulls(2)},
        {
            "n": pa.array([3, 2**53 + 1]),
            "k": pa.array(["a", "b"]),
            "empty": pa.array([None, []], pa.list_(pa.int8())),
        },
    ],
    ids=["plain", "other order and bytes", "lists", "features without values"],
)
def test_the_same_rows_have_the_same_hash(columns):
    assert hashes(**columns) == hashes(n=pa.array([3, 2**53 + 1]), k=pa.array(["a", "b"]))


@given(st.lists(st.integers(-(2**24), 2**24), max_size=5))
def test_whole_numbers_may_be_stored_as_floats(numbers):
    assert hashes(n=pa.array(numbers, pa.int64())) == hashes(n=pa.array(map(float, numbers), pa.float32()))
    assert hashes(n=pa.array(numbers, pa.int64())) == hashes(n=pa.array(map(float, numbers), pa.float64()))


def test_zero_has_one_hash():
    assert len(set(hashes(n=pa.array([0.0, -0.0])))) == 1


def test_different_rows_have_different_hashes():
    rows = [
        *({"n": n} for n in range(-500, 500)),
        *({"n": n / 7} for n in range(1, 7)),
        *({name: [1, 2]} for name in "abc"),
        *({"l": row} for row in ([0], [0, 0], [1, 2], [2, 1], [2, 1, 0], [-1, 1, 0])),
        *({"k": word} for word in (b"", b"0", b"1", b"a", b"b", b"ab", b"ba", b"a\0", b"\xff", b"\xff\0")),
        *({"k": first, "m": second} for first, second in (("a", "b"), ("b", "a"), ("a", "a"), ("b", "b"))),
        *({"n": first, "o": second} for first, second in ((1, 2), (2, 1), (1, 1), (2, 2))),
    ]
    found = [hashes(**{name: pa.array([value]) for name, value in row.items()})[0] for row in rows]
    assert len(set(found)) == len(rows)


def test_hashes_are_spread_evenly():
    high = hash_rows(pa.record_batch({"n": np.arange(100_000), "k": ["a"] * 100_000})) >> np.uint64(60)
    low = hash_rows(pa.record_batch({"n": np.arange(100_000), "k": ["a"] * 100_000})) % np.uint64(16)
    for counts in (np.bincount(high.astype(int)), np.bincount(low.astype(int))):
        assert np.sum((counts - 6250) ** 2 / 6250) < 37.7  # chi-squared, 15 degrees of freedom, p = 0.001


@given(st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=8), st.integers(0, 3))
def test_slices_do_not_matter(lists, start):
    column = pa.array(lists, pa.list_(pa.int64()))
    assert hashes(a=column.slice(start)) == hashes(a=column)[start:]
