"""Rows that are divided anew."""

import numpy as np
import pyarrow as pa
import pytest

from components.features import LabelFeature
from components.learning.division import NEVER, Division, division_of, spread

FOLDS = 5
LABEL = LabelFeature("kind", "classification", ("a", "b", "c"))


def rows(count: int, seed: int = 0, times: int = 1000) -> pa.RecordBatch:
    random = np.random.default_rng(seed)
    days = random.integers(0, times, count)
    return pa.RecordBatch.from_pydict(
        {
            "size": pa.array(random.normal(size=(count, 1)).tolist(), pa.list_(pa.float32())),
            "patient": [[f"p{number}".encode()] for number in random.integers(0, 23, count)],
            "day": [
                [f"{day % 28 + 1:02}.{day // 28 % 12 + 1:02}.{2000 + day // 336}".encode()] for day in days
            ],
            "kind": [[b"abc"[number : number + 1]] for number in random.integers(0, 3, count)],
        }
    )


BY = [
    division_of("rows", LABEL),
    division_of({"group": "patient"}, LABEL),
    division_of({"time": "day", "format": "%d.%m.%Y"}, LABEL),
]


@pytest.mark.parametrize("division", BY)
def test_the_fold_of_a_row_follows_from_its_content_whatever_the_order(division):
    block, order = rows(200), np.random.default_rng(3).permutation(200)
    found = division.folds_of(block, FOLDS)
    assert set(found) - {NEVER} == set(range(FOLDS))
    assert (division.folds_of(block.take(pa.array(order)), FOLDS) == found[order]).all()
    assert Division.from_json(division.to_json()) == division


@pytest.mark.parametrize("division", BY[:2])
def test_each_row_is_validated_on_once_and_all_others_are_trained_on(division):
    found = division.folds_of(rows(100), FOLDS)
    for number in range(FOLDS):
        assert (division.trained_on(found, number) == (found != number)).all()
    assert np.bincount(found, minlength=FOLDS).min() > 15


def test_classes_are_spread_over_the_folds():
    block = rows(103)
    found, kinds = BY[0].folds_of(block, FOLDS), np.array([row[0] for row in block["kind"].to_pylist()])
    counts = np.array([np.bincount(found[kinds == each], minlength=FOLDS) for each in set(kinds)])
    assert (np.ptp(counts, axis=1) <= 1).all()


def test_equal_rows_are_in_the_same_fold():
    block = rows(40).take(pa.array(np.repeat(np.arange(40), 3)))
    for division in BY:
        found = division.folds_of(block, FOLDS).reshape(40, 3)
        assert (found == found[:, :1]).all()


def test_groups_stay_whole():
    block = rows(500)
    found, patients = BY[1].folds_of(block, FOLDS), [row[0] for row in block["patient"].to_pylist()]
    assert len(set(zip(patients, found.tolist(), strict=True))) == 23
    assert np.ptp(np.bincount(found)) < 500 / 23


def test_time_goes_forward_and_equal_times_are_together():
    block = rows(500, times=90)
    found = BY[2].folds_of(block, FOLDS)
    days = np.array([int(day[6:] + day[3:5] + day[:2]) for (day,) in block["day"].to_pylist()])
    assert 0.45 < (found == NEVER).mean() < 0.55
    for number in range(FOLDS):
        trained, validated = days[BY[2].trained_on(found, number)], days[found == number]
        assert trained.max() < validated.min()
        assert len(validated) > 30
    assert (BY[2].trained_on(found, 4) == (found < 4)).all()  # the window grows


def test_regressions_and_several_labels_have_no_classes_to_spread():
    assert division_of("rows", LabelFeature("kind", "regression")).label == ""
    keys = np.arange(10, dtype=np.uint64)
    assert np.bincount(spread(keys, 2)).tolist() == [5, 5]
