"""Vocabularies of several columns, chosen from counted words."""

import pyarrow as pa

from components.counts import Counts
from components.transform.analyzers.vocabularies import most_frequent


def test_the_most_frequent_words_of_each_column_come_first_and_ties_in_descending_order():
    words = {
        b"00000000a": 2, b"00000000b": 2, b"00000000c": 5, b"00000000": 9, b"00000000x\ny": 9, b"00000002a": 1,
    }  # fmt: skip
    counts = Counts()
    counts.add(pa.array(list(words)), pa.array(words.values()))
    first, empty, last = most_frequent(counts.table(), 3, top_k=2)
    assert first == [b"00000000c", b"00000000b"]
    assert empty == []
    assert last == [b"00000002a"]


def test_a_column_without_rows_has_an_empty_vocabulary():
    assert most_frequent(Counts().table(), 2, top_k=5) == [[], []]
