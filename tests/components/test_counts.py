"""Counts of values, added up from parts."""

import collections
import pickle

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from components.counts import Counts

TEXTS = st.lists(st.sampled_from([b"", b"a", b"b", b"\xff", b"two\nlines", b"c"]), max_size=12)


def as_dict(counts: Counts) -> dict[bytes, int]:
    table = counts.table()
    values = table["values"].to_pylist()
    assert len(set(values)) == len(values)
    return dict(zip(values, table["counts"].to_pylist(), strict=True))


@given(st.lists(st.lists(TEXTS, max_size=5), max_size=4), st.integers(0, 6), st.sampled_from([1, 40, 2**29]))
def test_each_value_is_counted_however_often_parts_are_added_up(workers, limit, group_bytes):
    total = Counts(limit, group_bytes)
    for parts in workers:
        found = Counts(limit, group_bytes)
        for texts in parts:
            counted = pc.value_counts(pa.array(texts, pa.binary()))
            found.add(counted.field("values"), counted.field("counts"))
        total.merge(pickle.loads(pickle.dumps(found)))
    assert as_dict(total) == collections.Counter(
        text for parts in workers for texts in parts for text in texts
    )


def test_memory_stays_in_proportion_to_the_number_of_different_values():
    counts = Counts(limit=10)
    for _ in range(1000):
        counts.add(pa.array([b"a", b"b"]), pa.array([1, 2]))
    assert len(pickle.dumps(counts)) < 5000
    assert as_dict(counts) == {b"a": 1000, b"b": 2000}
