import math

import pytest

from reactive_schedules.plateau.actions.seesaw import Seesaw
from reactive_schedules.plateau.decision_log import decision_record
from reactive_schedules.plateau.machine import replay
from reactive_schedules.plateau.spec import PlateauSpec
from tests.reactive_schedules.plateau.pattern import pattern


def seesaw(metrics, batch_size=8, examples=1000, **fields):
    return replay(metrics, PlateauSpec(action="seesaw", patience=1, **fields), batch_size, examples)


def test_the_papers_step_is_a_rate_over_root_2_and_twice_the_batch():
    decisions = seesaw([1] * 4)
    assert [d.new_batch_size for d in decisions] == [8, 16, 32, 64]
    assert [d.new_multiplier for d in decisions] == pytest.approx([1, 0.5**0.5, 0.5, 0.5**1.5])
    assert (
        decisions[1].reason
        == "val_loss not below 1 for 1 epoch; rate × 0.707 and batch 8 → 16 (action 1 of 3)"
    )


@pytest.mark.parametrize("growth", [1.5, 2, 4, 10])
def test_each_action_is_worth_a_cut_of_the_rate_by_the_growth(growth):
    """Of normalised updates the rate over the root of the batch counts, also when the batch reaches its maximum."""
    decisions = seesaw([1] * 6, batch_size=64, examples=6400, growth=growth, max_actions=9)
    worth = [d.new_multiplier / math.sqrt(d.new_batch_size / 64) for d in decisions]
    assert worth == pytest.approx([growth**-i for i in range(6)], rel=0.01)  # batches are whole numbers
    assert decisions[-1].new_batch_size <= 640


def test_at_the_maximum_only_the_rate_is_cut():
    decisions = seesaw([1] * 3, max_batch_size=8)
    assert [d.new_batch_size for d in decisions] == [8, 8, 8]
    assert [d.new_multiplier for d in decisions] == [1, 0.5, 0.25]
    assert [d.kind for d in decisions] == ["continue", "decay", "decay"]
    assert decisions[1].reason.endswith("; rate × 0.5 (action 1 of 3)")


@pytest.mark.parametrize(
    ("metrics", "fields", "expected"),
    [
        ([1] * 5, {"max_actions": 3}, ".WWWS"),
        ([1, math.nan, 1], {}, ".DW"),
        ([1] * 5, {"growth": 1e30, "max_actions": 9, "max_batch_size": 8}, ".DS"),
    ],
)
def test_the_course(metrics, fields, expected):
    assert pattern(metrics, action="seesaw", patience=1, **fields) == expected


def test_the_smallest_batch_grows_and_the_rate_never_does():
    decisions = seesaw([1] * 4, batch_size=1, growth=1.1)
    assert [d.new_batch_size for d in decisions] == [1, 2, 3, 4]
    multipliers = [d.new_multiplier for d in decisions]
    assert multipliers == sorted(multipliers, reverse=True)


def test_it_reads():
    spec = PlateauSpec(growth=2, max_batch_size=512)
    assert Seesaw().describe(spec) == "rate × 0.707 and batch × 2 up to 512, then rate × 0.5"
    assert Seesaw().describe_briefly(spec) == "rate ×0.707, batch ×2"
    record = decision_record(
        seesaw([1] * 2)[1],
        monitor="val_loss",
        step=1,
        examples=8,
        step_rate=0.1,
        epoch_examples=8,
        averaging=0.0,
    )
    assert Seesaw().label(record) == "rate ×0.707, batch 8→16"
