"""A field of a spec that holds any registered family."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny, WithJsonSchema

from reactive_schedules.errors import did_you_mean, fault
from reactive_schedules.families.base import Family
from reactive_schedules.families.registry import FAMILIES

ANY_FAMILY = {"$comment": "any family"}
"""Placeholder in a JSON Schema, which `spec.json_schema` replaces with the registered families."""


def _by_name(value: Any) -> Any:
    if isinstance(value, Family):
        return value
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a mapping of keys to values; got {value!r}")
    if "family" not in value:
        raise fault("family", "is missing; add it")
    name = value["family"]
    if not isinstance(name, str) or name not in FAMILIES:
        hint = did_you_mean(str(name), FAMILIES)
        raise fault("family", f"{hint}must be one of {', '.join(map(repr, FAMILIES))}; got {name!r}")
    return FAMILIES[name].model_validate(value)


LearningRate = Annotated[
    SerializeAsAny[Family], BeforeValidator(_by_name), WithJsonSchema(ANY_FAMILY, mode="validation")
]
"""Any registered family, selected by its key `family`."""
