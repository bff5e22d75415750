"""An action of one's own, as a user or a new file of the folder would bring it."""

import re
from pathlib import Path

import pytest

import reactive_schedules as rs
from reactive_schedules.ahead.training_picture import training_picture
from reactive_schedules.plateau import actions
from reactive_schedules.plateau.actions import ACTIONS, Action, Change, Exhausted, Mark
from reactive_schedules.plateau.actions.decay import Decay
from reactive_schedules.plateau.decision_log import decision_record
from reactive_schedules.plateau.description import describe, describe_briefly, label, mark
from reactive_schedules.plateau.spec import fields_by_action
from reactive_schedules.search.dimensions import dimensions
from tests.reactive_schedules.plateau.pattern import pattern


@pytest.fixture
def swap():
    """Halves the batch and doubles the rate, as long as it can."""
    before = dict(ACTIONS)

    @rs.register_action
    class Swap(Action):
        name = "swap"
        parameters = frozenset({"growth"})
        changes_batch = True
        mark = Mark("rate for batch", "orange", "diamond")

        def act(self, state):
            size = int(state.batch_size / state.spec.growth)
            if size < 1:
                return Exhausted("the batch has one example")
            words = f"batch {state.batch_size} → {size}"
            return Change(self, words, state.multiplier * state.spec.growth, size)

        def describe(self, spec):
            return f"batch ÷ {spec.growth:g} and rate × {spec.growth:g}"

    yield Swap
    ACTIONS.clear()
    ACTIONS.update(before)


FIELDS = {"action": "swap", "patience": 1, "growth": 2, "max_actions": 9}


def records(metrics, **fields):
    """The lines of a decision log."""
    spec = rs.PlateauSpec(**fields)
    options = {"monitor": "val_loss", "step": 9, "examples": 72, "epoch_examples": 100, "averaging": 0.9}
    decisions = rs.replay(metrics, spec, batch_size=4, examples=100)
    return [decision_record(d, step_rate=0.1, **options) for d in decisions if d.kind != "continue"]


def test_it_is_a_spec_and_decides(swap):
    assert pattern([1] * 9, batch_size=4, **FIELDS) == ".??S"
    decisions = rs.replay([1] * 9, rs.PlateauSpec(**FIELDS), batch_size=4, examples=100)
    assert [d.kind for d in decisions] == ["continue", "swap", "swap", "stop"]
    assert [(d.new_multiplier, d.new_batch_size) for d in decisions] == [(1, 4), (2, 2), (4, 1), (4, 1)]
    assert decisions[1].reason == "val_loss not below 1 for 1 epoch; batch 4 → 2 (action 1 of 9)"
    assert decisions[3].reason == "val_loss not below 1 for 1 epoch and the batch has one example"
    assert decisions[1].acts
    assert decisions[1].restore


def test_a_nan_cuts_the_rate_under_it_too(swap):
    assert pattern([1, float("nan"), 1], batch_size=4, **FIELDS) == ".D?"


def test_it_is_described_as_it_says(swap):
    expected = "batch ÷ 2 and rate × 2 after 1 epoch without improvement in val_loss, at most 9 times"
    assert describe(rs.PlateauSpec(**FIELDS)) == describe(FIELDS) == expected
    assert describe_briefly(FIELDS) == "batch ÷ 2 and rate × 2"


def test_it_is_in_the_schema_and_the_message(swap):
    assert "swap" in rs.PlateauSpec.model_json_schema()["properties"]["action"]["enum"]
    with pytest.raises(rs.SpecError, match="must be one of .*, 'swap'; got 'swop'"):
        rs.PlateauSpec(action="swop")


def test_it_is_searched_with_its_parameters(swap):
    assert "growth" in fields_by_action()["swap"]
    assert "factor" not in fields_by_action()["swap"]
    space = {"plateau": {"action": ["decay", "swap"], "growth": [2.0, 4.0]}}
    found = {dimension.path: dimension for dimension in dimensions({"plateau": {}}, space)}
    assert found["plateau.growth"].conditions == (("plateau.action", ("swap",)),)


def test_it_is_drawn(swap, tmp_path):
    made = records([1] * 9, **FIELDS)
    history = {"val_loss": [1.0] * 4, "learning_rate": [0.1, 0.1, 0.2, 0.4], "batch_size": [4, 4, 2, 1]}
    assert [label(record) for record in made] == ["rate ×2, batch 4→2", "rate ×2, batch 2→1", "stop"]
    assert [mark(record["kind"]).colour for record in made] == ["orange", "orange", "grey"]
    text = training_picture(history, made, tmp_path / "training.svg").read_text(encoding="utf-8")
    assert "rate ×2, batch 4→2" in text
    assert "#b3591a" in text


def test_its_records_are_read_where_it_is_not_registered(swap):
    made = records([1] * 3, **FIELDS)
    del ACTIONS["swap"]
    assert label(made[0]) == "rate ×2, batch 4→2"
    assert mark("swap") == Mark("swap", "blue", "circle")
    assert describe(FIELDS) == "swap at a plateau"
    assert describe_briefly(FIELDS) == "swap"


def test_keras_fit_refuses_it_if_it_changes_the_batch(swap):
    with pytest.raises(
        ValueError, match="^action: 'swap' changes the batch size, which a callback cannot do"
    ):
        rs.PlateauDecay(rs.PlateauSpec(**FIELDS))


@pytest.mark.parametrize(
    ("size", "multiplier", "changes_batch", "message"),
    [
        (101, 1.0, True, r"^swap: batch size must be in \[1, 10\], got 101$"),
        (0, 1.0, True, r"^swap: batch size must be in \[1, 10\], got 0$"),
        (2, 1.0, False, r"^swap: batch size must be in \[4, 4\], got 2$"),
        (4, 0.0, True, r"^swap: multiplier must be in \(0, inf\), got 0.0$"),
    ],
)
def test_it_must_keep_to_its_bounds(swap, monkeypatch, size, multiplier, changes_batch, message):
    monkeypatch.setattr(swap, "changes_batch", changes_batch)
    monkeypatch.setattr(swap, "act", lambda self, state: Change(self, "…", multiplier, size))
    with pytest.raises(ValueError, match=message):
        rs.replay([1] * 2, rs.PlateauSpec(**FIELDS), batch_size=4, examples=100)


def test_a_parameter_that_no_spec_has_is_named(swap, monkeypatch):
    monkeypatch.setattr(swap, "parameters", frozenset({"growht"}))
    with pytest.raises(
        rs.SpecError, match="^action: 'swap' has parameters that a PlateauSpec lacks: growht$"
    ):
        rs.PlateauSpec(action="swap")


def test_it_may_be_defined_again_as_in_a_notebook(swap):
    again = type("Swap", (swap,), {"__module__": swap.__module__, "__qualname__": swap.__qualname__})
    rs.register_action(again)
    assert type(ACTIONS["swap"]) is again


@pytest.mark.parametrize("name", ["stop", "continue", "two words", "", 3, None])
def test_a_name_that_cannot_be_one_is_refused(name):
    kind = type("Mine", (Decay,), {"name": name})
    with pytest.raises(ValueError, match="^Mine.name: must be a word such as 'decay'; got "):
        rs.register_action(kind)


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(ValueError, match="^Mine.name: 'decay' is already registered; choose another name$"):
        rs.register_action(type("Mine", (Decay,), {}))
    assert type(ACTIONS["decay"]) is Decay


def test_the_example_in_the_docs_runs(capsys):
    page = Path(__file__).parents[4] / "docs" / "training" / "README.md"
    section = page.read_text(encoding="utf-8").split("## An action of your own")[1]
    before = dict(ACTIONS)
    try:
        exec(re.search(r"```python\n(.*?)```", section, re.DOTALL)[1], {"__name__": "example"})
    finally:
        ACTIONS.clear()
        ACTIONS.update(before)
    assert "batch × 4 and rate × 0.5 (action 1 of 3)" in capsys.readouterr().out


def test_every_file_of_the_folder_registers_the_action_of_its_name():
    files = {path.stem for path in Path(actions.__file__).parent.glob("[!_]*.py")} - {"base"}
    assert set(ACTIONS) == files


def test_every_action_has_a_test_file():
    assert {path.stem for path in Path(__file__).parent.glob("test_*.py")} >= {f"test_{n}" for n in ACTIONS}
