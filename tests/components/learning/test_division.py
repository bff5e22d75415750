"""Rows that are divided anew."""

import numpy as np
import pytest

from components.features import LABEL
from components.learning.division import Fold, divided, folds_of
from components.learning.parsed_file import LabelSummary
from components.learning.splits import Split

FOLDS = 5


def rows(count: int, classes: int = 3, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {
        "a_xf": random.normal(size=(count, 4)).astype(np.float32),
        "b_xf": random.integers(0, 9, (count, 1)),
        LABEL: random.integers(0, classes, (count, 1)),
    }


def split(block: dict[str, np.ndarray]) -> Split:
    block = dict(block)
    return Split((block, block.pop(LABEL)), LabelSummary())


def texts(part: Split) -> list[str]:
    assert isinstance(part.data, tuple)
    inputs, labels = part.data
    columns = (inputs["a_xf"], inputs["b_xf"], labels)
    return sorted(str([column[row].tolist() for column in columns]) for row in range(len(labels)))


def test_each_row_is_validated_on_once_and_all_others_are_trained_on():
    train, validation = split(rows(80, seed=1)), split(rows(20, seed=2))
    everything = sorted(texts(train) + texts(validation))
    seen = []
    for number in range(FOLDS):
        first, second = divided(train, validation, Fold(number, FOLDS, by_class=True))
        assert sorted(texts(first) + texts(second)) == everything
        assert (first.labels.count, second.labels.count) == (len(texts(first)), len(texts(second)))
        seen += texts(second)
    assert sorted(seen) == everything


@pytest.mark.parametrize("by_class", [False, True])
def test_the_fold_of_a_row_follows_from_its_content_whatever_the_order(by_class):
    block, order = rows(100), np.random.default_rng(3).permutation(100)
    found = folds_of(block, Fold(0, FOLDS, by_class))
    assert np.bincount(found).tolist() == [20] * FOLDS
    shuffled = {name: array[order] for name, array in reversed(block.items())}
    assert (folds_of(shuffled, Fold(0, FOLDS, by_class)) == found[order]).all()


def test_classes_are_spread_over_the_folds():
    block = rows(103, classes=4)
    found = folds_of(block, Fold(0, FOLDS, by_class=True))
    counts = np.array([np.bincount(found[block[LABEL][:, 0] == each], minlength=FOLDS) for each in range(4)])
    assert (np.ptp(counts, axis=1) <= 1).all()


def test_equal_rows_are_in_the_same_fold():
    block = {name: np.repeat(array, 3, axis=0) for name, array in rows(40).items()}
    found = folds_of(block, Fold(0, FOLDS, by_class=True)).reshape(40, 3)
    assert (found == found[:, :1]).all()


def test_texts_and_several_labels_are_divided_too():
    words = np.array([[b"one"], [b"two"], [b"three"], [b"one"]] * 5, dtype=object)
    block = {"text_xf": words, LABEL: np.eye(4, dtype=np.int64)[np.arange(20) % 4]}
    found = folds_of(block, Fold(0, 2)).reshape(5, 4)
    assert (found == found[:1]).all()
    assert set(found[0]) == {0, 1}
