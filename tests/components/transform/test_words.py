import pytest
import tensorflow as tf

from components.transform import words


def decoded(ragged):
    return [[term.decode() for term in row] for row in ragged.to_list()]


def test_words_and_pairs_of_words():
    column = tf.constant([["Don't PANIC, ÄRGER!"], ["東京 2024"], [""], [b"\xff bad"]])
    assert decoded(words.words([column])[0]) == [
        ["don", "t", "panic", "ärger", "don t", "t panic", "panic ärger"],
        ["東", "京", "2024", "東 京", "京 2024"],
        [],
        ["bad"],
    ]


@pytest.mark.parametrize(
    ("cell", "separator", "expected"),
    [
        ("a| b |c|", "|", ["a", "b", "c"]),
        ("['Action', \"Drama\"]", ",", ["Action", "Drama"]),
        ("a::b", "::", ["a", "b"]),
        ("", ";", []),
        ("a b  c", " ", ["a", "b", "c"]),
        ("1;[2]", ";", ["1", "[2]"]),
    ],
)
def test_parts_of_a_list(cell, separator, expected):
    assert decoded(words.parts([tf.constant([[cell]])], separator)[0]) == [expected]


def test_known_labels_are_zeros_and_ones():
    column = tf.ragged.constant([["b", "a", "b"], [], ["c"], ["a", "new"], ["new"]])
    assert words.multi_hot(column, ["a", "b", "c"]).numpy().tolist() == [
        [1, 1, 0],
        [0, 0, 0],
        [0, 0, 1],
        [-1, -1, -1],  # a label that is not known
        [-1, -1, -1],
    ]
    assert words.multi_hot(column[:0], ["a", "b"]).shape == (0, 2)


def test_several_values_of_a_row():
    column = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], ["a", " b", ""], [4, 2])
    assert decoded(words.parts([column], "")[0]) == [["a", "b"], [], [], []]
    assert decoded(words.words([column])[0]) == [["a", "b", "a b"], [], [], []]
    numbers = tf.SparseTensor([[0, 0], [0, 1]], tf.constant([7, 3], tf.int64), [1, 2])
    assert decoded(words.parts([numbers], "")[0]) == [["7", "3"]]
