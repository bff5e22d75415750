"""Which split a row belongs to, without Beam."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import UserError
from components.example_gen.cells import Cells
from components.example_gen.hashing import hash_rows
from components.example_gen.ranked import Stratified, Timed
from components.example_gen.rules import Named, Rule

NAMES = ("eval", "test", "train")
SHARES = {"eval": 3, "test": 3, "train": 14}


def decide(rule: Rule, *batches: Mapping[str, Sequence] | pa.RecordBatch) -> list[str]:
    """The split of each row; the batches are counted one by one, as workers do."""
    tables = [each if isinstance(each, pa.RecordBatch) else pa.record_batch(dict(each)) for each in batches]
    found: dict[str, list[Cells]] = {}
    for rows in tables:
        for group, cells in rule.counts(rows, hash_rows(rows)):
            found.setdefault(group, []).append(cells)
    cuts = rule.cuts({group: rule.merged(parts) for group, parts in found.items()})
    return [NAMES[split] for rows in tables for split in rule.of(rows, hash_rows(rows), 0, cuts).tolist()]


def test_a_column_may_name_the_split_in_many_words():
    words = [
        "train",
        "Training",
        " TRAIN ",
        "val",
        "valid",
        "validation",
        "dev",
        "eval",
        "test",
        "testing",
        "holdout",
    ]
    expected = ["train"] * 3 + ["eval"] * 5 + ["test"] * 3
    assert decide(Named(NAMES, "split"), {"split": words}) == expected
    assert decide(Named(NAMES, "split"), {"split": [[word.encode()] for word in words]}) == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["train", "oops", "x"], r"data.split.column: 'split' has 'oops', 'x'; write train, eval or test"),
        ([0, 1, 2], "'split' has '0', '1', '2'; write train"),
        (["train", None, "test"], "data.split.column: 'split' must have one value in every row"),
    ],
)
def test_other_words_are_refused(values, message):
    with pytest.raises(UserError, match=message):
        decide(Named(NAMES, "split"), {"split": values})


@pytest.mark.parametrize(
    ("times", "format_"),
    [
        (range(20), "ISO"),
        (np.arange(20) / 7 - 1, "ISO"),
        ([f"2024-02-{day + 10} 12:00:00.5" for day in range(20)], "ISO"),
        ([f"{28 - day}.{day % 12 + 1:02}.{2000 + day}" for day in range(20)], "%d.%m.%Y"),
        ([int(f"{20 - day}01{2000 + day}") for day in range(20)], "%d%m%Y"),
        ([1_700_000_000_000 + day for day in range(20)], "epoch milliseconds"),
    ],
)
def test_early_rows_train_and_late_ones_test(times, format_):
    splits = ["train"] * 14 + ["eval"] * 3 + ["test"] * 3
    rule = Timed(SHARES, "when", format_)
    assert decide(rule, {"when": list(times)}) == splits
    assert decide(rule, {"when": list(times)[::-1]}) == splits[::-1]


@given(st.lists(st.integers(0, 12), min_size=3, max_size=40), st.integers(1, 9), st.randoms())
def test_time_decides_alone(times, size, chance):
    rule = Timed(SHARES, "when")
    if len(set(times)) < 3:
        with pytest.raises(UserError, match=r"'when' has only [12] different times?; each split needs one"):
            decide(rule, {"when": times})
        return
    splits = dict(zip(times, decide(rule, {"when": times}), strict=True))
    assert set(splits.values()) == set(NAMES)
    order = [splits[time] for time in sorted(splits)]
    assert order == sorted(order, key=["train", "eval", "test"].index)
    chance.shuffle(times)
    parts = [{"when": times[start : start + size]} for start in range(0, len(times), size)]
    assert decide(rule, *parts) == [splits[time] for time in times]


@pytest.mark.parametrize(
    ("times", "format_", "message"),
    [
        (
            ["2024-01-01", None, ""],
            "ISO",
            "'when' is not a number or a date of ISO 8601 in 1 row, such as ''; give its format",
        ),
        (["2024-01-01", None, None], "ISO", "data.split.time: 'when' is empty in 2 rows; fill in"),
        (
            ["31.02.2024", "x", "01.02.2024"],
            "%d.%m.%Y",
            r"of the format %d.%m.%Y in 2 rows, such as '31.02.2024'",
        ),
        ([None, None], "ISO", "'when' is empty in 2 rows"),
    ],
)
def test_times_that_cannot_be_read_are_counted_over_all_rows(times, format_, message):
    parts = [{"when": pa.array([time], pa.string())} for time in times]
    with pytest.raises(UserError, match=message):
        decide(Timed(SHARES, "when", format_), *parts)


def test_times_of_two_types_are_refused():
    with pytest.raises(
        UserError, match="'when' has text and whole numbers|'when' has dates and whole numbers"
    ):
        decide(Timed(SHARES, "when"), {"when": [1, 2]}, {"when": ["2024-01-01"]})


LABELS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30)), min_size=1, max_size=60)


@given(LABELS, st.integers(1, 9), st.randoms())
def test_each_class_is_split_in_the_same_shares(rows, size, chance):
    rule = Stratified(SHARES, "label")

    def table(rows):
        return {"label": [label for label, _ in rows], "x": [x for _, x in rows]}

    if any(len({x for each, x in rows if each == label}) < 3 for label, _ in rows):
        with pytest.raises(UserError, match="data.split.stratify: too few different rows of label '[ab]'"):
            decide(rule, table(rows))
        return
    splits = dict(zip(rows, decide(rule, table(rows)), strict=True))
    for label in {label for label, _ in rows}:
        assert {split for (each, _), split in splits.items() if each == label} == set(NAMES)
    chance.shuffle(rows)
    parts = [table(rows[start : start + size]) for start in range(0, len(rows), size)]
    assert decide(rule, *parts) == [splits[row] for row in rows]


def test_rare_classes_have_their_exact_share():
    chance = np.random.default_rng(0)
    labels = np.array(["common"] * 10_000 + ["rare"] * 20 + ["rarest"] * 3)
    splits = np.array(decide(Stratified(SHARES, "label"), {"label": labels, "x": chance.random(len(labels))}))
    counts = {
        label: [int(np.sum((labels == label) & (splits == name))) for name in ("train", "eval", "test")]
        for label in ("rare", "rarest")
    }
    assert counts == {"rare": [14, 3, 3], "rarest": [1, 1, 1]}
    common = [np.mean(splits[labels == "common"] == name) for name in ("train", "eval", "test")]
    np.testing.assert_allclose(common, [0.7, 0.15, 0.15], atol=2e-4)
