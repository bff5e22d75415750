import math

import pytest

from reactive_schedules.plateau.actions.grow import Grow
from reactive_schedules.plateau.machine import replay
from reactive_schedules.plateau.spec import PlateauSpec
from reactive_schedules.plateau.state import PlateauState
from tests.reactive_schedules.plateau.pattern import pattern


@pytest.mark.parametrize(
    ("metrics", "fields", "expected"),
    [
        # Up to 1000 / 10: 8, 32, 100; then it stops.
        ([1] * 9, {"growth": 4, "max_actions": 9}, ".GGS"),
        ([1] * 9, {"growth": 4, "max_batch_size": 200, "max_actions": 9}, ".GGGS"),
        ([1] * 9, {"growth": 4, "max_actions": 1}, ".GS"),
        # At the maximum from the start.
        ([1] * 3, {"max_batch_size": 8}, ".S"),
        # A NaN cuts the rate, whatever the action.
        ([1, math.nan, 1], {"growth": 4}, ".DG"),
    ],
)
def test_it_grows_up_to_the_maximum(metrics, fields, expected):
    assert pattern(metrics, action="grow", patience=1, **fields) == expected


def test_growth_is_capped_by_the_data_and_by_the_maximum():
    grown = [
        d.new_batch_size
        for d in replay([1] * 9, PlateauSpec(patience=1, growth=5, action="grow", max_actions=9), 8, 1500)
    ]
    assert grown == [8, 40, 150, 150]
    capped = PlateauState.start(PlateauSpec(action="grow", max_batch_size=10_000), batch_size=8, examples=96)
    assert capped.max_batch_size == 96


def test_the_smallest_batch_grows_too():
    spec = PlateauSpec(patience=1, growth=1.1, action="grow")
    assert [d.new_batch_size for d in replay([1] * 3, spec, 1, 100)] == [1, 2, 3]


def test_growth_leaves_the_rate_alone():
    grown = replay([1] * 2, PlateauSpec(patience=1, action="grow"), 8, 1000)[-1]
    assert grown.new_multiplier == 1.0
    assert grown.reason == "val_loss not below 1 for 1 epoch; batch 8 → 16 (action 1 of 3)"
    stopped = replay([1] * 2, PlateauSpec(patience=1, action="grow", max_batch_size=8), 8)[-1]
    assert stopped.reason == "val_loss not below 1 for 1 epoch and the batch is at its maximum of 8"


def test_it_reads():
    assert Grow().describe(PlateauSpec(growth=4, max_batch_size=512)) == "batch × 4 up to 512"
    assert Grow().describe(PlateauSpec(growth=1.5)) == "batch × 1.5 up to a tenth of the training data"
    assert Grow().describe_briefly(PlateauSpec(growth=4, max_batch_size=512)) == "batch ×4"


def test_its_decisions_are_labelled():
    record = {"old_rate": 0.1, "new_rate": 0.1, "old_batch_size": 32, "new_batch_size": 128}
    assert Grow().label(record) == "batch 32→128"
