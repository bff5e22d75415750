import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactive_schedules.plateau.machine import observe, replay
from reactive_schedules.plateau.spec import PlateauSpec
from reactive_schedules.plateau.state import PlateauState
from tests.reactive_schedules.plateau.pattern import pattern


@pytest.mark.parametrize(
    ("metrics", "fields", "expected"),
    [
        # Improving never acts.
        ([5, 4, 3, 2, 1], {"patience": 1}, "....."),
        # wait >= patience: the second epoch without improvement acts when patience is 2.
        ([1, 1, 1, 1, 1, 1, 1], {"patience": 2, "max_actions": 2}, "..D.D.S"),
        ([1, 1, 1], {"patience": 1, "max_actions": 0}, ".S"),
        # An improvement sets the wait back.
        ([3, 3, 2, 2, 1, 1], {"patience": 2}, "......"),
        # The best survives an action: 2 is no improvement on 1.
        ([1, 2, 2, 1.5, 1.5, 0.5], {"patience": 2, "max_actions": 3}, "..D.D."),
        # Cooldown: one epoch after the action is not counted.
        ([1, 1, 1, 1, 1, 1], {"patience": 1, "start_from_epoch": 3, "max_actions": 9}, "...DDD"),
        ([1, 1, 1, math.nan, 1], {"patience": 1, "start_from_epoch": 4, "max_actions": 9}, "...DD"),
        ([1, 1, 1, 1, 1, 1], {"patience": 1, "cooldown": 1, "max_actions": 9}, ".D.D.D"),
        # Absolute delta: 0.95 is not better by more than 0.1; 0.8 is.
        ([1, 0.95, 0.8], {"patience": 1, "min_delta": 0.1}, ".D."),
        # Relative delta on a negative metric: -1.05 is better than -1 by only 5 %, -1.2 by 20 %.
        ([-1, -1.05, -1.2], {"patience": 1, "min_delta": 0.1, "threshold": "relative"}, ".D."),
        # Larger is better.
        ([0.5, 0.6, 0.6, 0.7], {"patience": 1, "monitor": "val_accuracy"}, "..D."),
        # NaN and infinities act at once, cut the rate whatever the action, and stop when nothing is left.
        ([1, math.nan, math.inf, -math.inf], {"patience": 9, "action": "grow", "max_actions": 2}, ".DDS"),
        ([1, math.nan], {"on_nan": "stop"}, ".S"),
    ],
)
def test_decisions_follow_the_metric(metrics, fields, expected):
    assert pattern(metrics, **fields) == expected


def test_a_decision_says_what_changes_and_why():
    decision = replay([1.0, 1.25, 1.125], PlateauSpec(patience=2, factor=0.25, min_delta=0.5), batch_size=8)[
        -1
    ]
    assert (decision.kind, decision.epoch, decision.metric, decision.best, decision.best_epoch) == (
        "decay",
        2,
        1.125,
        1.0,
        0,
    )
    assert (decision.wait, decision.threshold, decision.restore) == (2, 0.5, True)
    assert (decision.old_multiplier, decision.new_multiplier) == (1.0, 0.25)
    assert (decision.old_batch_size, decision.new_batch_size) == (8, 8)
    assert decision.reason == "val_loss not below 0.5 for 2 epochs; rate × 0.25 (action 1 of 3)"


@pytest.mark.parametrize(
    ("max_actions", "reason"),
    [
        (0, "val_loss not below 1 for 1 epoch and max_actions is 0"),
        (1, "val_loss not below 1 for 1 epoch and the only action has been taken"),
        (2, "val_loss not below 1 for 1 epoch and both actions have been taken"),
        (3, "val_loss not below 1 for 1 epoch and all 3 actions have been taken"),
    ],
)
def test_the_stop_says_why(max_actions, reason):
    assert replay([1] * 9, PlateauSpec(patience=1, max_actions=max_actions))[-1].reason == reason


def test_a_nan_says_what_is_done_about_it():
    acted = replay([1.0, math.nan], PlateauSpec(action="hybrid", max_batch_size=64))[-1]
    assert acted.reason == "val_loss is nan: back to the best weights; rate × 0.5 (action 1 of 3)"
    stopped = replay([1.0, math.inf], PlateauSpec(on_nan="stop"))[-1]
    assert stopped.reason == "val_loss is inf and on_nan is 'stop'"


def test_a_nan_restores_even_where_plateaus_do_not():
    decision = replay([1.0, math.nan], PlateauSpec(restore_best=False))[-1]
    assert decision.restore
    assert decision.best == 1.0


def test_observing_after_the_stop_is_an_error():
    state, decision = observe(PlateauState.start(PlateauSpec(on_nan="stop"), 8), math.nan)
    assert decision.kind == "stop"
    with pytest.raises(ValueError, match=r"start a new one with PlateauState\.start"):
        observe(state, 1.0)


specs = st.builds(
    PlateauSpec,
    monitor=st.just("score"),
    mode=st.sampled_from(["min", "max"]),
    patience=st.integers(1, 4),
    min_delta=st.sampled_from([0.0, 0.25]),
    threshold=st.sampled_from(["absolute", "relative"]),
    cooldown=st.integers(0, 3),
    action=st.sampled_from(["decay", "grow", "hybrid"]),
    factor=st.floats(0.1, 0.9),
    growth=st.floats(1.1, 8.0),
    max_actions=st.integers(0, 5),
    restore_best=st.booleans(),
    on_nan=st.sampled_from(["act", "stop"]),
)
metrics = st.lists(
    st.one_of(st.integers(-8, 8).map(lambda n: n / 4), st.floats(width=32)), min_size=1, max_size=60
)


def run(spec, history, through_json=False):
    state, seen = PlateauState.start(spec, batch_size=4, examples=400), []
    for metric in history:
        if through_json:
            state = PlateauState.model_validate(json.loads(json.dumps(state.model_dump(mode="json"))))
        state, decision = observe(state, metric)
        seen.append((state, decision))
        if state.stopped:
            break
    return seen


@given(specs, metrics)
def test_state_stays_in_its_bounds(spec, history):
    multiplier, batch, actions = 1.0, 4, 0
    for state, decision in run(spec, history):
        assert 0 <= state.actions <= spec.max_actions
        assert state.wait < spec.patience or state.stopped
        assert state.multiplier <= multiplier
        assert batch <= state.batch_size <= state.max_batch_size
        assert state.actions - actions == decision.acts
        # An action changes exactly one of the two, a cut by the factor and a growth to its full extent.
        changed = (state.multiplier != multiplier, state.batch_size != batch)
        assert changed == (decision.kind == "decay", decision.kind == "grow")
        if decision.kind == "grow":
            assert spec.action != "decay"
        multiplier, batch, actions = state.multiplier, state.batch_size, state.actions


@given(specs, metrics)
def test_the_best_is_never_worse_than_any_improvement(spec, history):
    improvements = [d.metric for _, d in run(spec, history) if d.improved]
    assert improvements == sorted(improvements, reverse=spec.direction == "min")
    assert len(set(improvements)) == len(improvements)
    for state, decision in run(spec, history):
        if decision.best is not None:
            assert decision.best == history[decision.best_epoch]
            assert decision.best == state.best


@given(specs, metrics)
def test_json_between_any_two_epochs_changes_nothing(spec, history):
    # repr, since NaN differs from itself
    assert repr(run(spec, history)) == repr(run(spec, history, through_json=True))


@given(specs, metrics)
def test_the_mirrored_metric_with_the_mirrored_mode_decides_alike(spec, history):
    mirrored = spec.model_copy(update={"mode": "min" if spec.mode == "max" else "max"})
    kinds = [d.kind for _, d in run(spec, history)]
    assert kinds == [d.kind for _, d in run(mirrored, [-m for m in history])]
