"""What is configured and guessed about columns reaches the components that go by it."""

import json

import pytest

from components.example_gen.settings import Settings
from pipeline import dag
from pipeline.config.prepare import prepare
from tests.pipeline.config.tabular import load_tabular

ROWS = 60
TAGS = ("red", "red|blue", "green", "red|green|blue", "blue", "green|blue", "blue|red")


@pytest.fixture(scope="module")
def properties(tmp_path_factory):
    """Execution properties by component."""
    folder = tmp_path_factory.mktemp("columns")
    lines = [
        f'{row},c{row % 9},{1 + row % 28:02}.{1 + row % 12:02}.2024,"{row},5 €",{TAGS[row % 7]},'
        f"the order {row} came late and was sent back,{('', row)[row % 3 > 0]},{1 + row % 3},{'yn'[row % 4 == 0]}\n"
        for row in range(ROWS)
    ]
    header = "id,customer,day,price,tags,note,size,weight,late\n"
    (folder / "orders.csv").write_text(header + "".join(lines), encoding="utf-8")
    sections = {
        "data": {
            "path": folder / "orders.csv",
            "source": None,
            "label": "late",
            "weight": "weight",
            "split": {"group": "customer"},
            "missing": ["-"],
        },
        "training": {"class_weight": "balanced"},
        "evaluation": {"metric": "f1", "slices": ["tags"]},
    }
    fitted = prepare(load_tabular(sections), folder / "workspace")
    return {each.id: each.exec_properties for each in dag.create_components(fitted)}


def test_of_transform(properties):
    found = json.loads(properties["Transform"]["custom_config"])
    kept = ("label", "dates", "texts", "lists", "gaps", "categorical", "weight", "ignore")
    assert {key: found[key] for key in kept} == {
        "label": "late",
        "dates": {"day": "%d.%m.%Y"},
        "texts": ["note"],
        "lists": {"tags": "|"},
        "gaps": ["size"],
        "categorical": [],
        "weight": "weight",
        "ignore": ["customer", "id", "weight"],
    }


def test_of_reading(properties):
    """The ExampleGen reads cells as the model's card says."""
    card = json.loads(properties["Trainer"]["reading"])
    assert (card["numbers"], card["dates"], card["missing"]) == (
        {"price": "12,5 €"},
        {"day": "%d.%m.%Y"},
        ["-"],
    )
    settings = Settings.of(properties["ExampleGen"])
    assert (settings.label, settings.reading.to_json()) == ("late", card)


@pytest.mark.parametrize("component", ["Trainer", "Tuner"])
def test_of_training(properties, component):
    goal = json.loads(properties[component]["goal"])
    assert (goal["weight"], goal["class_weight"]) == ("weight", "balanced")
    assert goal["metric"] == ("f1" if component == "Trainer" else None)
    assert json.loads(properties[component]["label"])["positive"] == 1


def test_of_the_evaluator(properties):
    settings = json.loads(properties["Evaluator"]["settings"])
    kept = ("metric", "weight", "group", "slices", "validation")
    assert {key: settings[key] for key in kept} == {
        "metric": "f1",
        "weight": "weight",
        "group": "customer",
        "slices": ["tags"],
        "validation": "eval",
    }
    assert settings["label"]["positive"] == 1
