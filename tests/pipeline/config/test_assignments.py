"""`--set KEY=VALUE` of both runners."""

import pytest

from pipeline.config.assignments import assigned
from pipeline.config.errors import ConfigError
from pipeline.config.load import load
from tests.conftest import ROOT

DIGITS = ROOT / "examples/digits.yaml"
DOCUMENT = {"name": "a", "training": {"epochs": 3, "plateau": {"factor": 0.5}}, "search": None}


@pytest.mark.parametrize(
    ("assignments", "path", "value"),
    [
        (["training.epochs=50"], ("training", "epochs"), 50),
        (["training.epochs=max(4ep, 300st)"], ("training", "epochs"), "max(4ep, 300st)"),
        (["training.plateau.factor=0.1"], ("training", "plateau", "factor"), 0.1),
        (["training.plateau=null"], ("training", "plateau"), None),
        (["training.plateau="], ("training", "plateau"), None),
        (["training.plateau.factor=0.1", "training.plateau={factor: 0.2}"], ("training", "plateau"), {"factor": 0.2}),
        (["data.ignore=[a, b]"], ("data", "ignore"), ["a", "b"]),
        (["data.missing='=='"], ("data", "missing"), "=="),
        (["data.missing=a=b"], ("data", "missing"), "a=b"),
        (["search.space.learning_rate.peak=[0.1, 0.2]"], ("search", "space", "learning_rate", "peak"), [0.1, 0.2]),
        (["name=b", "name=c"], ("name",), "c"),
    ],
)  # fmt: skip
def test_a_value_is_replaced_and_nothing_else(assignments, path, value):
    before = repr(DOCUMENT)
    found = result = assigned(DOCUMENT, assignments)
    for key in path:
        found = found[key]
    assert found == value
    assert {**result, path[0]: 0} == {**DOCUMENT, path[0]: 0}
    assert repr(DOCUMENT) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training.epochs", "--set training.epochs: must be KEY=VALUE, such as training.epochs=50"),
        ("=3", "--set =3: must be KEY=VALUE, such as training.epochs=50"),
        ("training..epochs=3", "--set training..epochs=3: must be KEY=VALUE, such as training.epochs=50"),
        ("training.epochs.x=3", "--set training.epochs.x: training.epochs is 3, which has no keys; set training.epochs itself"),
        ("name.x=[", "--set name.x: is not valid YAML at line 1: "),
        ("name=010", "--set name: line 1: 010 is a number in YAML that other programs read differently"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_the_option(text, message):
    with pytest.raises(ConfigError) as refused:
        assigned(DOCUMENT, [text])
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_a_configuration_is_checked_with_its_new_values():
    config = load(DIGITS, assignments=["search.trials=3", "training.plateau.factor=0.1"])
    assert (config.search.options.model_dump()["trials"], config.training.plateau.factor) == (3, 0.1)
    with pytest.raises(ConfigError, match=r"digits.yaml with --set: training.epochs: .*got -1"):
        load(DIGITS, assignments=["training.epochs=-1"])


def test_what_another_option_says_takes_precedence():
    assert load(DIGITS, {"search": None}, assignments=["search.trials=3"]).search is None


def test_a_path_is_relative_to_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load(DIGITS, assignments=["data.source=null", "data.path=rows.csv"])
    assert config.data.path.absolute() == tmp_path / "rows.csv"
