"""The JSON Schema of a training spec, for editors and other languages."""

import json
from pathlib import Path
from typing import Annotated, Any, Union

from pydantic import Field, TypeAdapter

from reactive_schedules.families import FAMILIES
from reactive_schedules.families.learning_rate import ANY_FAMILY
from reactive_schedules.spec.training_spec import TrainingSpec

PATH = Path(__file__).with_name("training_spec.schema.json")
"""The checked-in schema, with the families of the library."""


def json_schema() -> str:
    """The JSON Schema (2020-12) of a training spec with all registered families, as text."""
    union: Any = Union[*FAMILIES.values()]
    one_of_them: Any = Annotated[union, Field(discriminator="family")]
    families = TypeAdapter(one_of_them).json_schema()
    spec = TrainingSpec.model_json_schema(mode="validation")
    definitions = {**families.pop("$defs"), **spec.pop("$defs"), "LearningRate": families}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": dict(sorted(definitions.items())),
        **spec,
    }
    return json.dumps(_with_families(whole), indent=2, ensure_ascii=False) + "\n"


def _with_families(part: Any) -> Any:
    """The schema with the families in place of `ANY_FAMILY`."""
    if isinstance(part, dict):
        found = {key: _with_families(value) for key, value in part.items()}
        if ANY_FAMILY.items() <= found.items():
            rest = {key: value for key, value in found.items() if key not in ANY_FAMILY}
            return {"$ref": "#/$defs/LearningRate", **rest}
        return found
    return [_with_families(each) for each in part] if isinstance(part, list) else part
