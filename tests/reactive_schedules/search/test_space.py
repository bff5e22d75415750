# What a family has besides its name depends on the family.
# pyright: reportAttributeAccessIssue=false

import json
import re
from pathlib import Path

import keras_tuner
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reactive_schedules import Horizon, SpecError, TrainingSpec, families
from reactive_schedules.plateau.actions import ACTIONS
from reactive_schedules.plateau.actions.decay import Decay
from reactive_schedules.search import space
from reactive_schedules.search.dimensions import dimensions

TRAINING = {
    "optimizer": {"name": "sgd", "momentum": 0.9},
    "learning_rate": {"family": "constant", "peak": 0.02, "warmup": "1ep"},
    "batch_size": 32,
    "epochs": 12,
    "plateau": {"monitor": "val_loss", "patience": 3},
}
SPACE = {
    "learning_rate": {
        "family": ["constant", "one_cycle", "exponential"],
        "peak": {"low": 0.001, "high": 0.1, "log": True},
        "final_ratio": {"low": 0.001, "high": 0.5},
    },
    "plateau": {"patience": {"low": 1, "high": 6}, "factor": [0.1, 0.5]},
    "batch_size": [16, 32],
    "model": {"width": [8, 16]},
}


def proposals(count: int, seed: int = 0) -> list[dict]:
    hyperparameters = space.to_hyperparameters(TRAINING, {"width": 16}, SPACE)
    oracle = keras_tuner.oracles.RandomSearchOracle(
        keras_tuner.Objective("val_loss", "min"), hyperparameters=hyperparameters, seed=seed
    )
    return [oracle.populate_space(str(number))["values"] for number in range(count)]


def test_every_proposal_is_a_valid_spec_within_the_space():
    families = set()
    for values in proposals(60):
        spec, model = space.from_hyperparameters(TRAINING, {"width": 16, "depth": 2}, values)
        families.add(spec.learning_rate.family)
        assert 0.001 <= spec.learning_rate.peak <= 0.1
        assert spec.plateau.patience in range(1, 7)
        assert spec.plateau.factor in (0.1, 0.5)
        assert spec.batch_size in (16, 32)
        assert model["width"] in (8, 16)
        assert model["depth"] == 2
    assert families == {"constant", "one_cycle", "exponential"}


def test_parameter_is_searched_only_for_families_that_have_it():
    for values in proposals(60):
        assert ("learning_rate.final_ratio" in values) == (values["learning_rate.family"] != "constant")


def test_defaults_are_the_spec_itself():
    values = space.to_hyperparameters(TRAINING, {"width": 16}, SPACE).values
    spec, model = space.from_hyperparameters(TRAINING, {"width": 16}, values)
    assert spec.learning_rate == TrainingSpec.parse(TRAINING).learning_rate
    assert (spec.batch_size, spec.plateau.patience, model["width"]) == (32, 3, 16)


@pytest.mark.parametrize("values", [[1, 2, 3], {"low": 1, "high": 3}])
def test_a_float_of_the_spec_lies_in_a_space_of_integers(values):
    training = {"learning_rate": {"family": "polynomial", "peak": 0.1, "power": 2}}
    training = TrainingSpec.parse(training).model_dump(mode="json")
    point = space.to_hyperparameters(training, {}, {"learning_rate": {"power": values}}).values
    assert space.from_hyperparameters(training, {}, point)[0] == TrainingSpec.parse(training)


@pytest.mark.parametrize(("values", "once"), [([2, 1, 2], [2, 1]), ([1, 1.0], [1.0]), (["a", "a"], ["a"])])
def test_a_value_that_is_given_twice_is_one(values, once):
    (dimension,) = dimensions(TRAINING, {"model": {"width": values}})
    assert dimension.values == once


def test_values_survive_the_file_format_of_tfx():
    hyperparameters = space.to_hyperparameters(TRAINING, {}, SPACE)
    text = json.dumps(hyperparameters.get_config())
    again = keras_tuner.HyperParameters.from_config(json.loads(text))
    assert again.values == hyperparameters.values
    assert space.from_hyperparameters(TRAINING, {}, again.values) == space.from_hyperparameters(
        TRAINING, {}, hyperparameters.values
    )


def test_another_family_keeps_what_it_shares():
    spec, _ = space.from_hyperparameters(TRAINING, {}, {"learning_rate.family": "one_cycle"})
    assert (spec.learning_rate.peak, spec.learning_rate.warmup) == (0.02, "1ep")


def test_another_family_has_its_own_defaults():
    rate = {"family": "constant", "peak": 0.1}
    training = TrainingSpec.parse({"learning_rate": rate, "epochs": 3}).model_dump(mode="json")
    spec, _ = space.from_hyperparameters(training, {}, {"learning_rate.family": "one_cycle"})
    assert (
        spec.learning_rate
        == TrainingSpec.parse({"learning_rate": {**rate, "family": "one_cycle"}, "epochs": 3}).learning_rate
    )


def test_values_the_family_does_not_have_and_tuner_entries_are_passed_over():
    values = {"learning_rate.final_ratio": 0.1, "tuner/epochs": 3}
    assert space.from_hyperparameters(TRAINING, {}, values)[0] == TrainingSpec.parse(TRAINING)


@given(st.floats(1e-6, 10.0), st.integers(1, 1000))
def test_values_are_put_values_exactly_and_leaves_its_arguments_alone(peak, patience):
    before = json.dumps(TRAINING)
    spec, _ = space.from_hyperparameters(
        TRAINING, {}, {"learning_rate.peak": peak, "plateau.patience": patience}
    )
    assert (spec.learning_rate.peak, spec.plateau.patience) == (peak, patience)
    assert json.dumps(TRAINING) == before


EVERYTHING = {
    "learning_rate": {
        "family": ["constant", "one_cycle", "sequence"],
        "peak": {"low": 0.001, "high": 0.1, "log": True},
        "warmup": {"low": 0, "high": "30%"},
        "anneal": ["cosine", "linear"],
        "parts": {
            0: {"family": ["linear", "cosine_restarts"], "period": ["10%", "25%"]},
            1: {"peak": [0.1, 1]},
        },
        "boundaries": [["50%"], ["80%"]],
    },
    "optimizer": {
        "name": ["sgd", "adam", "muon", "lion"],
        "momentum": [0.8, 0.9],
        "nesterov": [True, False],
        "beta_2": {"low": 0.9, "high": 0.999},
        "ns_steps": [3, 5],
        "clip_norm": [None, 1.0],
    },
    "plateau": {
        "action": ["decay", "grow", "hybrid", "greedy", "seesaw"],
        "factor": [0.1, 0.5],
        "max_multiplier": [2, 10],
        "min_rate": [0, 0.001],
        "every": [None, "20st"],
        "growth": {"low": 2, "high": 4},
        "max_batch_size": [None, 256],
    },
    "batch_size": [16, 32],
    "model": {"width": [8, 16], "block": {"activation": ["relu", "1"], "kernels": [[3, 3], [5]]}},
}
SEQUENCE = {
    "family": "sequence",
    "parts": [{"family": "linear", "peak": 0.1, "warmup": "1ep"}, {"family": "cosine", "peak": 0.05}],
    "boundaries": ["50%"],
}


def points(training: dict, searched: dict, count: int = 200) -> list[dict]:
    oracle = keras_tuner.oracles.RandomSearchOracle(
        keras_tuner.Objective("val_loss", "min"),
        hyperparameters=space.to_hyperparameters(training, {}, searched),
        seed=1,
    )
    return [oracle.populate_space(str(number))["values"] for number in range(count)]


def test_everything_in_the_spec_can_be_searched():
    training = {**TRAINING, "learning_rate": SEQUENCE}
    space.check(training, {}, EVERYTHING)
    seen: dict[str, set] = {}
    for values in points(training, EVERYTHING):
        spec, model = space.from_hyperparameters(training, {"depth": 1}, values)
        text = json.dumps(spec.model_dump(mode="json"))
        assert spec == TrainingSpec.parse(json.loads(text))
        family, optimizer, action = spec.learning_rate.family, spec.optimizer.name, spec.plateau.action
        assert ("learning_rate.peak" in values) == (family != "sequence")
        assert ("learning_rate.anneal" in values) == (family == "one_cycle")
        assert ("learning_rate.parts.0.family" in values) == (family == "sequence")
        assert ("learning_rate.parts.0.period" in values) == (
            family == "sequence" and spec.learning_rate.parts[0].family == "cosine_restarts"
        )
        momentum = optimizer in ("sgd", "muon")
        assert ("optimizer.momentum" in values) == ("optimizer.nesterov" in values) == momentum
        assert ("optimizer.beta_2" in values) == (optimizer in ("adam", "lion"))
        assert ("optimizer.ns_steps" in values) == (optimizer == "muon")
        grows = action in ("grow", "hybrid", "seesaw")
        assert ("plateau.factor" in values) == (action not in ("grow", "seesaw"))
        assert ("plateau.every" in values) == (not grows)
        assert ("plateau.max_multiplier" in values) == (action == "greedy")
        assert ("plateau.growth" in values) == ("plateau.max_batch_size" in values) == grows
        if family == "sequence":
            assert spec.learning_rate.parts[1].family == "cosine"
        else:
            share = spec.learning_rate.warmup.removeprefix("max(").removesuffix(", 1st)")
            assert 0 <= float(share.rstrip("%")) <= 30
        if optimizer == "sgd":
            seen.setdefault("nesterov", set()).add(spec.optimizer.nesterov)
        seen.setdefault("clip_norm", set()).add(spec.optimizer.clip_norm)
        seen.setdefault("max_batch_size", set()).add(spec.plateau.max_batch_size)
        seen.setdefault("activation", set()).add(model["block"]["activation"])
        seen.setdefault("kernels", set()).add(tuple(model["block"]["kernels"]))
        assert model["depth"] == 1
    assert seen == {
        "nesterov": {True, False},
        "clip_norm": {None, 1.0},
        "max_batch_size": {None, 256},
        "activation": {"relu", "1"},
        "kernels": {(3, 3), (5,)},
    }


def test_space_and_values_survive_json():
    training = {**TRAINING, "learning_rate": SEQUENCE}
    hyperparameters = space.to_hyperparameters(training, {}, EVERYTHING)
    # KerasTuner's from_config eats what it is given.
    again = keras_tuner.HyperParameters.from_config(json.loads(json.dumps(hyperparameters.get_config())))
    assert again.get_config() == hyperparameters.get_config()
    for values in points(training, EVERYTHING, 50):
        read = json.loads(json.dumps(values))
        assert read == values
        assert space.from_hyperparameters(training, {}, read) == space.from_hyperparameters(
            training, {}, values
        )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-1, 1) | st.text(max_size=4) | st.just("null"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)


@given(st.lists(json_values, min_size=1, max_size=4))
def test_any_choice_comes_back_as_it_was(choices):
    (dimension,) = dimensions({"model": {}}, {"model": {"anything": choices}})
    keras_tuner.HyperParameters().Choice("anything", dimension.values)
    found = [
        space.from_hyperparameters(TRAINING, {}, {"model.anything": encoded})[1]["anything"]
        for encoded in dimension.values
    ]
    mixed = {type(each) for each in choices} == {int, float}
    for choice in choices:
        assert any(each == choice and (mixed or type(each) is type(choice)) for each in found)
    assert len(found) <= len(choices)


def test_another_optimizer_keeps_what_it_shares():
    training = {**TRAINING, "optimizer": {"name": "sgd", "momentum": 0.5, "clip_norm": 2.0}}
    spec, _ = space.from_hyperparameters(training, {}, {"optimizer.name": "adam", "optimizer.momentum": 0.9})
    assert (spec.optimizer.name, spec.optimizer.clip_norm) == ("adam", 2.0)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ({}, {"learning_rate.family": "constant", "learning_rate.peak": 0.02, "learning_rate.warmup (%)": 0}),
        (
            {"learning_rate": {"family": "cosine", "warmup": "20%"}},
            {
                "learning_rate.family": "cosine",
                "learning_rate.warmup (%)": 20,
                "learning_rate.final_ratio": 0.1,
            },
        ),
        ({"plateau": {"max_batch_size": None}}, {"plateau.max_batch_size": "null"}),
        ({"plateau.max_batch_size": "null"}, {"plateau.max_batch_size": "null"}),
    ],
)
def test_start_point_is_completed_by_the_configuration(point, expected):
    searched = {
        "learning_rate": {
            "family": ["constant", "cosine"],
            "peak": {"low": 0.001, "high": 0.1},
            "final_ratio": {"low": 0.1, "high": 0.5},
            "warmup": {"low": "0%", "high": "30%"},
        },
        "plateau": {"action": ["grow", "hybrid"], "max_batch_size": [128, None]},
    }
    values = space.complete(TRAINING, {}, searched, point)
    assert values.items() >= expected.items()
    assert space.complete(TRAINING, {}, searched, values) == values


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({"learning_rate": {"peak": 3}}, "learning_rate.peak: is not in the space; got 3"),
        ({"learning_rate": {"peek": 3}}, "learning_rate.peek: is not searched with constant; leave it out"),
        ({"learning_rate": {"final_ratio": 0.1}}, "learning_rate.final_ratio: is not searched with constant"),
        ({"model": {"width": 12}}, "model.width: is not in the space; got 12"),
        ({"batch_size": 16.0}, "batch_size: is not in the space; got 16.0"),
    ],
)
def test_start_point_must_lie_in_the_space(point, message):
    with pytest.raises(SpecError, match=message):
        space.complete(TRAINING, {}, SPACE, point)


WARMED = [name for name, each in families.FAMILIES.items() if "warmup" in each.model_fields]


@pytest.mark.parametrize("warmup", ["0%", "0.001%", "0ep", "0st", 0])
@pytest.mark.parametrize("family", WARMED)
def test_no_warm_up_works_with_every_family(family, warmup):
    chosen = {"learning_rate": {"family": [family], "warmup": [warmup, "1%"]}}
    space.check(TRAINING, {}, chosen)
    values = {"learning_rate.family": family, "learning_rate.warmup": warmup}
    spec, _ = space.from_hyperparameters(TRAINING, {}, values)
    run = Horizon(50, 20, 32)
    assert spec.learning_rate.resolve(run).warmup == families.FAMILIES[family].least_warmup
    spec, _ = space.from_hyperparameters(TRAINING, {}, {**values, "learning_rate.warmup": "1%"})
    assert (spec.learning_rate.warmup, spec.learning_rate.resolve(run).warmup) == ("1%", 10)


def test_the_documented_warm_up_works_with_every_family():
    chosen = {"learning_rate": {"family": WARMED, "warmup": {"low": "0%", "high": "30%"}}}
    space.check(TRAINING, {}, chosen)
    for family in WARMED:
        values = {"learning_rate.family": family, "learning_rate.warmup (%)": 0.0}
        spec, _ = space.from_hyperparameters(TRAINING, {}, values)
        spec.learning_rate.resolve(Horizon(50, 20, 32))


def test_plateau_can_be_searched_where_the_spec_has_none():
    training = {**TRAINING, "plateau": None}
    assert space.from_hyperparameters(training, {}, {"plateau.patience": 2})[0].plateau.patience == 2


@pytest.mark.parametrize(
    ("searched", "message"),
    [
        ({}, "space: is empty"),
        ({"epochs": []}, "space.epochs: is an empty list"),
        ({"learning_rate": {}, "batch_size": [1, 2]}, "space.learning_rate: is empty; add at least one list"),
        (
            {"plateau": {"factor": {"low": True, "high": 1}}},
            "space.plateau.factor.low: must be a number .*True",
        ),
        ({"plateau": {"factor": {"low": 0.1, "high": "inf"}}}, "space.plateau.factor.high: must be a number"),
        (
            {"batch_size": [8, 16], "learning_rate": {"peak": [True, 1]}},
            "^space.learning_rate.peak: must be a",
        ),
        (
            {"plateau": [None, {"monitor": "val_accuracy"}]},
            r"space.plateau: follows val_accuracy \(max\) and val_loss \(min\); all trials must be compared",
        ),
        ({"epochs": 3}, r"space.epochs: must be a list, or a range .*; got 3"),
        ({"epochs": {"low": 5, "high": 2}}, "space.epochs.high: must be above low = 5; got 2"),
        ({"epochs": {"low": 5}}, "space.epochs.high: is missing"),
        (
            {"learning_rate": {"peak": {"low": 0, "high": 1, "log": True}}},
            "space.learning_rate.peak.low: .*above 0",
        ),
        (
            {"learning_rate": {"peak": {"low": 0.1, "high": 1, "step": 2}}},
            "space.learning_rate.peak.step: unknown key",
        ),
        ({"learning_rate": {"family": ["constant", "magic"]}}, "space.learning_rate.family: must be one of"),
        (
            {"learning_rate": {"final_ratio": [0.1]}},
            "space.learning_rate.final_ratio: is not a parameter of constant",
        ),
        ({"plateau": {"factor": [0.5, 1.5]}}, "space.plateau.factor: must be a number in .0, 1.; got 1.5"),
        ({"optimizer": {"speed": [1]}}, "space.optimizer.speed: unknown key"),
        ({"optimizer": {"momentun": [1]}}, "space.optimizer.momentun: unknown key; did you mean momentum"),
        ({"optimizer": {"beta_1": [0.9]}}, "space.optimizer.beta_1: is not a parameter of sgd"),
        ({"plateau": {"growth": [2, 3]}}, "space.plateau.growth: is not a parameter of decay"),
        ({"epochs": [10, 20]}, "space.epochs: cannot be searched; all trials must have the same horizon"),
        ({"seed": [1, 2]}, "space.seed: cannot be searched; .*executions_per_trial"),
        (
            {"learning_rate": {"warmup": {"low": "1ep", "high": "5%"}}},
            "learning_rate.warmup: .* the same unit",
        ),
        (
            {"learning_rate": {"warmup": {"low": "5%", "high": "1%"}}},
            "learning_rate.warmup.high: must be above",
        ),
        ({"learning_rate": {"warmup": ["1ep", "soon"]}}, "learning_rate.warmup: .*; got 'soon'"),
        ({"learning_rate": {"family": ["constant", "sequence"]}}, "space.learning_rate.*: is missing"),
        (
            {"learning_rate": {"parts": {0: {"peak": [1]}}}},
            "learning_rate.parts.0.peak: is not a parameter of const",
        ),
    ],
)
def test_faults_are_found_before_anything_runs(searched, message):
    with pytest.raises(SpecError, match=message):
        space.check(TRAINING, {}, searched)


def test_documented_examples_hold():
    text = (Path(__file__).parents[3] / "docs/tuner.md").read_text()
    (searched,) = (
        yaml.safe_load(block)["search"]["space"] for block in re.findall("```yaml\n(.*?)```", text, re.S)
    )
    space.check(TRAINING, {"width": 64}, searched)
    example, *_ = re.findall("```python\n(.*?)```", text, re.S)
    exec(compile(example, "tuner.md", "exec"), {})


def test_families_and_actions_registered_later_are_searched(monkeypatch):
    class Sawtooth(families.Family):
        teeth: int = 4

    class Wait(Decay):
        parameters = frozenset({"days"})

    monkeypatch.setitem(families.FAMILIES, "sawtooth", Sawtooth)
    monkeypatch.setitem(ACTIONS, "wait", Wait())
    searched = {
        "learning_rate": {"family": ["constant", "sawtooth"], "teeth": [2, 4]},
        "plateau": {"action": ["decay", "wait"], "days": [1, 2]},
    }
    conditions = {found.path: found.conditions for found in dimensions({}, searched)}
    assert conditions["learning_rate.teeth"] == (("learning_rate.family", ("sawtooth",)),)
    assert conditions["plateau.days"] == (("plateau.action", ("wait",)),)


def test_a_selector_is_searched_by_names():
    searched = {"learning_rate": {"family": {"low": 1, "high": 2}, "peak": [0.1, 0.2]}}
    with pytest.raises(SpecError, match=r"learning_rate\.family: must be a list of names; got a range"):
        dimensions({}, searched)
