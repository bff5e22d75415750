"""The JSON Schema of a training spec, for editors and for other languages."""

import json
from pathlib import Path

from reactive_schedules.spec.training_spec import TrainingSpec

PATH = Path(__file__).with_name("training_spec.schema.json")
"""Where the schema is checked in."""


def json_schema() -> str:
    """The schema as text, JSON Schema 2020-12."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TrainingSpec.model_json_schema(mode="validation"),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
