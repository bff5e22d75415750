"""The JSON Schema of a training spec, for editors and other languages."""

import json
from pathlib import Path
from typing import Annotated, Any, Union

from pydantic import Field, TypeAdapter

from reactive_schedules.families import FAMILIES
from reactive_schedules.families.learning_rate import ANY_FAMILY
from reactive_schedules.spec.optimizers import ANY_OPTIMIZER, OPTIMIZERS
from reactive_schedules.spec.training_spec import TrainingSpec

PATH = Path(__file__).with_name("training_spec.schema.json")
"""The checked-in schema, with the families of the library."""


def json_schema() -> str:
    """The JSON Schema (2020-12) of a training spec with all registered families and optimizers, as text."""
    spec = TrainingSpec.model_json_schema(mode="validation")
    definitions = spec.pop("$defs")
    for name, models, key in (
        ("LearningRate", FAMILIES, "family"),
        ("Optimizer", OPTIMIZERS, "name"),
    ):
        one_of_them: Any = Annotated[Union[*models.values()], Field(discriminator=key)]
        union = TypeAdapter(one_of_them).json_schema()
        definitions |= {**union.pop("$defs"), name: union}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": dict(sorted(definitions.items())),
        **spec,
    }
    return json.dumps(_filled(whole), indent=2, ensure_ascii=False) + "\n"


def _filled(part: Any) -> Any:
    """The schema with references in place of `ANY_FAMILY` and `ANY_OPTIMIZER`."""
    if isinstance(part, dict):
        found = {key: _filled(value) for key, value in part.items()}
        for name, placeholder in (("LearningRate", ANY_FAMILY), ("Optimizer", ANY_OPTIMIZER)):
            if placeholder.items() <= found.items():
                rest = {key: value for key, value in found.items() if key not in placeholder}
                return {"$ref": f"#/$defs/{name}", **rest}
        return found
    return [_filled(each) for each in part] if isinstance(part, list) else part
