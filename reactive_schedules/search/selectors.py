"""The keys of a spec that select a family, optimizer or action, and thereby determine the other keys."""

import dataclasses
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from reactive_schedules import families
from reactive_schedules.plateau.spec import PlateauSpec, fields_by_action
from reactive_schedules.spec import optimizers


@dataclasses.dataclass(frozen=True)
class Selector:
    """The key of a section that determines its other keys.

    Attributes:
        key: `family`, `name` or `action`.
        default: Value if the spec does not have the key.
        fields: Function that returns the keys by choice, which change when more are registered.
    """

    key: str
    default: str | None
    fields: Callable[[], Mapping[Any, Container[str]]]

    def lacks(self, choice: Any, key: str) -> bool:
        """Whether `choice` does not have `key`, but another choice does."""
        fields = self.fields()
        return key not in fields.get(choice, ()) and any(key in each for each in fields.values())

    def defaults(self, choice: Any, key: str, value: Any) -> bool:
        """Whether `value` is the default of `key` for a choice, such as no warm-up for a constant rate."""
        fields = self.fields().get(choice)
        return isinstance(fields, Mapping) and key in fields and fields[key].default == value


def _by_name(models: Mapping[str, type[BaseModel]]) -> dict[str, Mapping[str, Any]]:
    return {name: model.model_fields for name, model in models.items()}


_LEARNING_RATE = Selector("family", None, lambda: _by_name(families.FAMILIES))
_OPTIMIZER = Selector("name", "sgd", lambda: _by_name(optimizers.OPTIMIZERS))
_PLATEAU = Selector("action", PlateauSpec.model_fields["action"].default, fields_by_action)


def selector_of(section: Sequence[str]) -> Selector | None:
    """The selector of the section at a path, split at its dots; None for other sections."""
    match section:
        case ["optimizer"]:
            return _OPTIMIZER
        case ["plateau"]:
            return _PLATEAU
        case ["learning_rate", *parts]:
            # A part of a sequence is a learning rate again.
            nested = all(key == "parts" for key in parts[::2]) and len(parts) % 2 == 0
            return _LEARNING_RATE if nested else None
    return None
