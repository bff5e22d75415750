"""Labels in cells: taken apart before a run as in the transform graph."""

import numpy as np
import pyarrow as pa
import pytest

from components.formats.labels import counted, labels

CELLS = [
    "drama|comedy",
    " drama | comedy ",
    "drama",
    "[]",
    "|",
    "[drama|comedy]",
    "['drama'|\"comedy\"]",
    "drama||comedy|",
    "sci-fi|'n'|it's",
    "ärger|日本",
    "a\t|b",
]


def rows(column: pa.Array, separator: str) -> list[list]:
    values, counts = labels(column, separator)
    return [part.tolist() for part in np.split(np.array(values.to_pylist(), object), np.cumsum(counts)[:-1])]


@pytest.mark.parametrize("as_lists", [False, True])
def test_cells_are_taken_apart_as_in_the_graph(as_lists):
    tf = pytest.importorskip("tensorflow")
    from components.transform import words

    column = pa.array([[cell.encode()] for cell in CELLS] if as_lists else CELLS)
    (graph,) = words.parts([tf.constant([[cell] for cell in CELLS])], "|")
    expected = [[part.decode() for part in row] for row in graph.to_list()]
    assert rows(column, "|") == expected
    assert expected[:4] == [["drama", "comedy"], ["drama", "comedy"], ["drama"], []]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([["a", "b "], [], None, ["b"]]), [["a", "b"], [], [], ["b"]]),
        (pa.array([["a", "b"], ["b"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))), [["a", "b"], ["b"]]),
        (pa.array([[3, 7], [], [3]]), [[3, 7], [], [3]]),
    ],
)
def test_lists_are_labels(column, expected):
    assert rows(column, "") == expected


def test_a_label_counts_once_per_row():
    names, counts = counted(*labels(pa.array(["b|a|b", "b", None]), "|"), np.array([2.0, 1.0, 5.0]))
    assert (names, counts.tolist()) == (["a", "b"], [2, 3])
    assert counted(*labels(pa.array(["[]"]), "|"), np.ones(1))[0] == []
