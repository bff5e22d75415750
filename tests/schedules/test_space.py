import json

import keras_tuner
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules import SpecError, TrainingSpec, space

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
        assert 1 <= spec.plateau.patience <= 6
        assert isinstance(spec.plateau.patience, int)
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


def test_plateau_can_be_searched_where_the_spec_has_none():
    training = {**TRAINING, "plateau": None}
    assert space.from_hyperparameters(training, {}, {"plateau.patience": 2})[0].plateau.patience == 2


@pytest.mark.parametrize(
    ("searched", "message"),
    [
        ({}, "space: is empty"),
        ({"epochs": []}, "space.epochs: is an empty list"),
        ({"epochs": 3}, r"space.epochs: must be a list or a range .*; got 3"),
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
            "space.learning_rate.final_ratio: no such parameter in constant",
        ),
        ({"plateau": {"factor": [0.5, 1.5]}}, "space.plateau.factor: must be less than 1; got 1.5"),
        ({"optimizer": {"speed": [1]}}, "space.optimizer.speed: unknown key"),
    ],
)
def test_faults_are_found_before_anything_runs(searched, message):
    with pytest.raises(SpecError, match=message):
        space.check(TRAINING, searched)
