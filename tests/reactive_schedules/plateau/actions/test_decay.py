import math

import pytest

from reactive_schedules.plateau.actions.decay import Decay
from reactive_schedules.plateau.machine import replay
from reactive_schedules.plateau.spec import PlateauSpec
from tests.reactive_schedules.plateau.pattern import pattern


@pytest.mark.parametrize(
    ("metrics", "fields", "expected"),
    [
        ([1] * 7, {"patience": 2, "max_actions": 2}, "..D.D.S"),
        # As low as a float32 goes: 1e-36 is, 1e-40 is not.
        ([1] * 9, {"patience": 1, "factor": 1e-12, "max_actions": 9}, ".DDDS"),
        ([1, math.nan, math.nan], {"factor": 1e-30, "max_actions": 9}, ".DS"),
    ],
)
def test_it_cuts_until_nothing_is_left(metrics, fields, expected):
    assert pattern(metrics, action="decay", **fields) == expected


def test_cuts_multiply_and_leave_the_batch_alone():
    decisions = replay([1] * 4, PlateauSpec(patience=1, factor=0.25), batch_size=8)
    assert [d.new_multiplier for d in decisions] == [1.0, 0.25, 0.25**2, 0.25**3]
    assert {d.new_batch_size for d in decisions} == {8}


@pytest.mark.parametrize("metric", [1.0, math.nan])
def test_a_rate_that_cannot_go_lower_stops(metric):
    decisions = replay([1.0] + [metric] * 99, PlateauSpec(patience=1, factor=1e-4, max_actions=99))
    assert [decision.kind for decision in decisions] == ["continue"] + ["decay"] * 9 + ["stop"]
    assert decisions[-1].reason.endswith(" and the rate is as low as it can be")
    assert decisions[-1].new_multiplier == pytest.approx(1e-36)


def test_it_reads():
    spec = PlateauSpec(factor=0.12345)
    assert Decay().describe(spec) == "rate × 0.12345"
    assert Decay().describe_briefly(spec) == "rate ×0.123"


def test_its_decisions_are_labelled():
    record = {"old_rate": 0.1, "new_rate": 0.025, "old_batch_size": 8, "new_batch_size": 8}
    assert Decay().label(record) == "rate ×0.25"
    assert Decay().label(record | {"old_rate": 0.0, "new_rate": 0.0}) == "rate cut"
