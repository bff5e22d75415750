import json
import math
from importlib.util import find_spec

import pytest

from reactive_schedules.plateau.actions.greedy import Greedy
from reactive_schedules.plateau.decision_log import decision_record
from reactive_schedules.plateau.description import describe, mark
from reactive_schedules.plateau.machine import observe, replay
from reactive_schedules.plateau.spec import PlateauSpec
from reactive_schedules.plateau.state import PlateauState
from tests.reactive_schedules.plateau.actions import hugging_face
from tests.reactive_schedules.plateau.pattern import pattern


@pytest.mark.parametrize(
    ("metrics", "fields", "expected"),
    [
        ([4, 3, 2, 1], {"patience": 2}, ".R.R"),
        ([4, 3, 3, 3, 2, 1], {"patience": 2}, ".R.D.R"),
        # An epoch without improvement breaks the row.
        ([4, 3, 3, 2, 1], {"patience": 3}, "....."),
        # Raises do not count towards max_actions.
        ([9, 8, 7, 7, 6, 6, 6], {"patience": 1, "max_actions": 2}, "RRRDRDS"),
        # Up to a hundredth of the way: nothing is left to raise.
        ([9, 8, 7, 6], {"patience": 1, "max_multiplier": 2}, "R..."),
        ([9, 8, 7, 6], {"patience": 1, "cooldown": 2}, "R..R"),
        ([9, 8, 7, 6], {"patience": 1, "start_from_epoch": 2}, "..RR"),
        ([9, math.nan, 8], {"patience": 1}, "RDR"),
    ],
)
def test_it_raises_and_cuts(metrics, fields, expected):
    assert pattern(metrics, action="greedy", **fields) == expected


@pytest.mark.parametrize("name", hugging_face.CASES)
def test_it_does_what_hugging_face_does(name):
    case = hugging_face.CASES[name]
    # There, an action comes when there are more epochs than the patience; the rate is bounded below by the spec's floor.
    spec = PlateauSpec(
        action="greedy",
        patience=case["patience"] + 1,
        factor=case["factor"],
        max_multiplier=case["max_lr"] / hugging_face.RATE,
        max_actions=99,
    )
    ours = [
        hugging_face.RATE * decision.new_multiplier
        for decision in replay(hugging_face.metrics(case["seed"]), spec)
    ]
    theirs = json.loads(hugging_face.PATH.read_text())[name]
    assert len({round(rate, 6) for rate in theirs}) > 5
    assert [max(rate, case["min_lr"]) for rate in ours] == pytest.approx(theirs, rel=1e-9)


@pytest.mark.skipif(not (find_spec("transformers") and find_spec("torch")), reason="needs Hugging Face")
def test_hugging_face_still_does():
    for name, case in hugging_face.CASES.items():
        assert hugging_face.rates(**case) == json.loads(hugging_face.PATH.read_text())[name]


def test_a_raise_restores_nothing_and_a_cut_the_best():
    decisions = replay([3, 2, 2], PlateauSpec(action="greedy", patience=1, factor=0.8))
    assert [d.kind for d in decisions] == ["greedy", "greedy", "decay"]
    assert [d.restore for d in decisions] == [False, False, True]
    assert [d.new_multiplier for d in decisions] == pytest.approx([1.25, 1.5625, 1.25])
    assert decisions[1].reason == "val_loss improved for 1 epoch; rate × 1.25"


def test_its_state_survives_json():
    state, _ = observe(PlateauState.start(PlateauSpec(action="greedy", patience=3), 8), 2.0)
    state, _ = observe(state, 1.0)
    again = PlateauState.model_validate_json(state.model_dump_json())
    assert again == state
    assert observe(again, 0.5) == observe(state, 0.5)
    assert observe(again, 0.5)[1].kind == "greedy"


def test_it_reads():
    spec = PlateauSpec(action="greedy", factor=0.9, patience=3, max_actions=20)
    assert describe(spec) == (
        "rate × 0.9 after 3 epochs without improvement in val_loss, at most 20 times; "
        "rate ÷ 0.9 up to × 10 after 3 epochs in a row with improvement"
    )
    assert Greedy().describe_briefly(spec) == "rate ×0.9 or ÷0.9"
    assert mark("greedy").words == "rate raised"


def test_its_decisions_are_recorded_and_labelled():
    decision = replay([3.0], PlateauSpec(action="greedy", patience=1, factor=0.5))[0]
    record = decision_record(
        decision, monitor="val_loss", step=1, examples=8, step_rate=0.1, epoch_examples=8, averaging=0.0
    )
    assert (record["old_rate"], record["new_rate"]) == (0.1, 0.2)
    assert Greedy().label(record) == "rate ×2"
