"""The choices in a spec that decide which other keys there are: of a family, an optimizer, an action."""

import dataclasses
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from reactive_schedules import families
from reactive_schedules.plateau.spec import PlateauSpec, fields_by_action
from reactive_schedules.spec import optimizers


@dataclasses.dataclass(frozen=True)
class Selector:
    """The key of a section that decides which others there are.

    Attributes:
        key: `family`, `name` or `action`.
        default: its value where the spec does not say.
        fields: gives the keys by choice, looked up anew each time: more may have been registered.
    """

    key: str
    default: str | None
    fields: Callable[[], Mapping[Any, Container[str]]]

    def lacks(self, choice: Any, key: str) -> bool:
        """Whether another choice has `key`, but this one does not; a key that none has is not judged here."""
        fields = self.fields()
        return key not in fields.get(choice, ()) and any(key in each for each in fields.values())

    def defaults(self, choice: Any, key: str, value: Any) -> bool:
        """Whether `value` is what a choice has by itself, as a constant rate has no warm-up."""
        fields = self.fields().get(choice)
        return isinstance(fields, Mapping) and key in fields and fields[key].default == value


def _by_name(models: Mapping[str, type[BaseModel]]) -> dict[str, Mapping[str, Any]]:
    return {name: model.model_fields for name, model in models.items()}


_LEARNING_RATE = Selector("family", None, lambda: _by_name(families.FAMILIES))
_OPTIMIZER = Selector("name", "sgd", lambda: _by_name(optimizers.OPTIMIZERS))
_PLATEAU = Selector("action", PlateauSpec.model_fields["action"].default, fields_by_action)


def selector_of(section: Sequence[str]) -> Selector | None:
    """The selector of the section at a path, split at its dots; None for a section that has none."""
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
