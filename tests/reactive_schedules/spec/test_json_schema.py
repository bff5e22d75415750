import json

from reactive_schedules.families import FAMILIES
from reactive_schedules.spec.json_schema import PATH, json_schema
from reactive_schedules.spec.optimizers import OPTIMIZERS


def test_the_checked_in_schema_is_current():
    assert PATH.read_text(encoding="utf-8") == json_schema(), "run make generate"


def test_it_tells_families_and_optimizers_apart():
    schema = json.loads(json_schema())
    properties = schema["properties"]
    assert properties["learning_rate"]["$ref"] == "#/$defs/LearningRate"
    assert set(schema["$defs"]["LearningRate"]["discriminator"]["mapping"]) == set(FAMILIES)
    assert properties["optimizer"]["$ref"] == "#/$defs/Optimizer"
    assert set(schema["$defs"]["Optimizer"]["discriminator"]["mapping"]) == set(OPTIMIZERS)
    assert schema["required"] == ["learning_rate"]


def test_every_family_is_closed_and_has_its_bounds():
    definitions = json.loads(json_schema())["$defs"]
    for kind in FAMILIES.values():
        definition = definitions[kind.__name__]
        assert definition["additionalProperties"] is False
        assert set(definition["properties"]) == set(kind.model_fields)
        if "peak" in definition["properties"]:
            peak = definition["properties"]["peak"]
            assert (peak["type"], peak["exclusiveMinimum"]) == ("number", 0)
            assert "peak" in definition["required"]
        assert all(
            "description" in field for name, field in definition["properties"].items() if name != "family"
        )


def test_a_duration_is_an_integer_or_text_with_a_unit():
    import re

    warmup = json.loads(json_schema())["$defs"]["CosineSpec"]["properties"]["warmup"]
    integer, text = warmup["anyOf"]
    assert integer == {"type": "integer", "minimum": 0}
    assert all(re.search(text["pattern"], good) for good in ("5ep", "30%", "50000ex", "200 st", "1.5ep"))
    assert not any(re.search(text["pattern"], bad) for bad in ("5", "5ep 3st", "-5ep", "ep"))
