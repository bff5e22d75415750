# What a family has besides its name depends on the family.
# pyright: reportAttributeAccessIssue=false

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactive_schedules import Horizon, PlateauSpec, SpecError, TrainingSpec
from reactive_schedules.plateau.machine import replay
from reactive_schedules.plateau.state import PlateauState
from tests.reactive_schedules.family_cases import UNRESOLVED

EXAMPLE = """
optimizer: {name: sgd, momentum: 0.9}
learning_rate: {family: one_cycle, peak: 0.05, warmup: 30%, final_ratio: 0.01}
batch_size: 32
epochs: 40
plateau: {monitor: val_loss, patience: 4, action: decay, factor: 0.25, max_actions: 2}
seed: 0
"""


def test_reads_the_example():
    spec = TrainingSpec.from_yaml(EXAMPLE)
    assert (spec.learning_rate.family, spec.learning_rate.peak, spec.learning_rate.warmup) == (
        "one_cycle",
        0.05,
        "30%",
    )
    assert (spec.optimizer.name, spec.plateau.factor, spec.epochs) == ("sgd", 0.25, 40)


def test_defaults_need_a_learning_rate_only():
    spec = TrainingSpec.from_yaml("learning_rate: {family: constant, peak: 1e-3}")
    assert (spec.optimizer.name, spec.batch_size, spec.plateau, spec.learning_rate.peak) == (
        "sgd",
        32,
        None,
        0.001,
    )


@pytest.mark.parametrize("name", UNRESOLVED)
def test_yaml_and_json_round_trips_are_exact(name):
    spec = TrainingSpec.from_yaml(EXAMPLE).model_copy(update={"learning_rate": UNRESOLVED[name]})
    assert TrainingSpec.from_yaml(spec.to_yaml()) == spec
    assert TrainingSpec.from_yaml(spec.model_dump_json()) == spec
    assert TrainingSpec.parse(json.loads(json.dumps(spec.model_dump(mode="json")))) == spec


@settings(max_examples=50)
@given(
    st.floats(min_value=0, exclude_min=True, allow_infinity=False, allow_nan=False),
    st.floats(0, 1, exclude_max=True),
)
def test_any_float_survives_yaml(peak, momentum):
    spec = TrainingSpec.parse(
        {
            "learning_rate": {"family": "constant", "peak": peak},
            "optimizer": {"name": "sgd", "momentum": momentum},
        }
    )
    assert TrainingSpec.from_yaml(spec.to_yaml()) == spec


def test_reads_a_file(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(EXAMPLE)
    assert TrainingSpec.from_file(path) == TrainingSpec.from_yaml(EXAMPLE)


@pytest.mark.parametrize(
    ("yaml", "lines"),
    [
        (
            "learning_rate: {family: cyclical, peak: .1, step_size: -3}",
            ["learning_rate.step_size: must be a duration in [0, 1e+15]; got -3"],
        ),
        ("epochs: 3", ["learning_rate: is missing; add it"]),
        ("learning_rate: {peak: 1}", ["learning_rate.family: is missing; add it"]),
        (
            "{learning_rate: {family: constant, peak: 1}, epochs: 0, batch_size: 1.5, seed: -1}",
            [
                "batch_size: must be an integer in [1, 1000000000]; got 1.5",
                "epochs: must be an integer in [1, 1000000], or a duration such as 300st; got 0",
                "seed: must be an integer in [0, 4294967295]; got -1",
            ],
        ),
        (
            "{learning_rate: {family: constant, peak: 1}, optimizer: {name: sgd, momentum: 1}}",
            ["optimizer.momentum: must be a number in [0, 1); got 1"],
        ),
        (
            "{learning_rate: {family: constant, peak: 1}, optimizer: {name: sgd, beta_1: 0.9}}",
            [
                "optimizer.beta_1: unknown key; known keys: name, clip_norm, weight_decay, weight_decay_by, momentum, nesterov"
            ],
        ),
        ("{learning_rate: {family: constant, peak: 1}, optimizer: 3}", ["optimizer: must be a mapping"]),
        (
            "{learning_rate: {family: constant, peak: 1}, optimizer: {beta_1: 0.9}}",
            ["optimizer.name: is missing"],
        ),
        (
            "{learning_rate: {family: constant, peak: 1}, optimizer: {name: nadan}}",
            [
                "optimizer.name: did you mean nadam? must be one of 'sgd', 'adam', 'adamw', 'rmsprop', 'adadelta', "
            ],
        ),
        (
            "{learning_rate: {family: constant, peak: 1}, optimizer: {name: lion, epsilon: 1}}",
            [
                "optimizer.epsilon: unknown key; known keys: name, clip_norm, weight_decay, weight_decay_by, beta_1, beta_2"
            ],
        ),
        (
            "{learning_rate: {family: constant, peak: 1}, optimizer: {name: schedule_free_adamw}, ema: 0.9}",
            ["ema: has no place with schedule_free_adamw, which averages already; leave it out"],
        ),
        (
            "{learning_rate: {family: constant, peak: 1}, plateau: {patience: 0}}",
            ["plateau.patience: must be an integer in [1, 1000000000], or a duration such as 300st; got 0"],
        ),
        (
            "{learning_rate: {family: constant, peak: 1}, plateau: {patiense: 3}}",
            ["plateau.patiense: unknown key; did you mean patience? known keys: "],
        ),
        (
            "{learning_rate: {family: constant, peak: 1}, batch_size: 64,"
            " plateau: {action: grow, max_batch_size: 32}}",
            ["plateau.max_batch_size: must be at least batch_size, 64; got 32"],
        ),
        (
            "learning_rate: {family: sequence, boundaries: [3],"
            " parts: [{family: rex, peak: 0}, {family: rex}]}",
            [
                "learning_rate.parts.0.peak: must be a number in (0, inf); got 0",
                "learning_rate.parts.1.peak: is missing",
            ],
        ),
        (
            "{learning_rate: {family: constant, peak: 1}, epoch: 3}",
            ["epoch: unknown key; did you mean epochs?"],
        ),
        ("[1, 2]", ["spec: must be a mapping of keys to values; got [1, 2]"]),
        ("", ["spec: must be a mapping of keys to values; got None"]),
        ("a: [", ["spec: is not valid YAML at line 1"]),
    ],
)
def test_each_fault_is_one_line_with_its_path(yaml, lines):
    with pytest.raises(SpecError) as caught:
        TrainingSpec.from_yaml(yaml)
    found = str(caught.value).splitlines()
    assert len(found) == len(lines), found
    for line, beginning in zip(found, lines, strict=True):
        assert line.startswith(beginning)


def test_an_unknown_family_lists_the_known_ones():
    with pytest.raises(
        SpecError,
        match=r"^learning_rate.family: did you mean one_cycle[?] must be one of 'constant', 'cosine'.*; got 'onecycle'$",
    ):
        TrainingSpec.from_yaml("learning_rate: {family: onecycle, peak: 1}")


def test_a_missing_file_and_a_binary_file(tmp_path):
    with pytest.raises(SpecError, match=r"nowhere.yaml: cannot be read: No such file"):
        TrainingSpec.from_file("nowhere.yaml")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match="is not UTF-8 text"):
        TrainingSpec.from_file(tmp_path / "binary")


def test_the_constructor_says_the_same():
    with pytest.raises(SpecError) as caught:
        TrainingSpec(learning_rate={"family": "constant", "peak": 0}, plateau={"patience": 0})
    assert str(caught.value).splitlines() == [
        "learning_rate.peak: must be a number in (0, inf); got 0",
        "plateau.patience: must be an integer in [1, 1000000000], or a duration such as 300st; got 0",
    ]


@pytest.mark.parametrize(
    "plateau", ["{action: decay, max_batch_size: 8}", "{action: hybrid, max_batch_size: 64}"]
)
def test_a_largest_batch_that_is_not_exceeded(plateau):
    text = "{learning_rate: {family: constant, peak: 1}, batch_size: 64, plateau: %s}"
    assert TrainingSpec.from_yaml(text % plateau).batch_size == 64


def test_specs_are_immutable():
    spec = TrainingSpec.from_yaml(EXAMPLE)
    with pytest.raises(ValueError, match="frozen"):
        spec.epochs = 3


@pytest.mark.parametrize(
    ("patience", "examples", "epochs"),
    [
        (4, 500, 4),
        ("5ep", 500, 5),
        ("300st", 500, 19),
        ("max(4ep, 300st)", 500, 19),
        ("max(4ep, 300st)", 10**6, 4),
    ],
)
def test_patience_in_updates_becomes_whole_epochs(patience, examples, epochs):
    spec = TrainingSpec.parse(
        {"learning_rate": {"family": "constant", "peak": 0.1}, "plateau": {"patience": patience}}
    )
    again = TrainingSpec.from_yaml(spec.to_yaml())
    assert again == spec
    assert again.at(examples).plateau.patience == epochs


def test_the_share_of_a_run_is_one_of_its_whole_epochs():
    spec = TrainingSpec.parse(
        {
            "learning_rate": {"family": "constant", "peak": 0.1},
            "epochs": "4000st",
            "plateau": {"patience": "10%", "cooldown": "0%"},
        }
    ).at(500)
    assert (spec.epochs, spec.plateau.patience, spec.plateau.cooldown) == (250, 25, 0)
    assert spec.at(7) == spec


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": "50%"}, "epochs: must not be a share of the run, whose length it is; got '50%'"),
        ({"epochs": 0}, r"epochs: must be an integer in \[1, 1000000\], or a duration such as 300st; got 0"),
        ({"epochs": "0ep"}, r"epochs: must be an integer in \[1, 1000000\].*got 0"),
        ({"plateau": {"patience": "4"}}, "plateau.patience: must be a number followed by st, ep, % or ex"),
        ({"plateau": {"patience": 2.5}}, "plateau.patience: must be an integer in .* got 2.5"),
    ],
)
def test_lengths_that_are_none_are_refused(change, message):
    with pytest.raises(SpecError, match=message):
        TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.1}, **change})


def test_a_duration_is_not_taken_for_a_number_of_epochs():
    plateau = PlateauSpec(patience="300st")
    with pytest.raises(SpecError, match=r"patience: '300st' depends on the data; convert it with at\(\)"):
        PlateauState.start(plateau, batch_size=32)
    assert replay([1.0, 2.0, 2.0, 2.0], plateau.at(Horizon(100, 9, 32)))[-1].kind == "decay"
