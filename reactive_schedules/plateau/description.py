"""A reaction and its decisions in words, for everything that prints or draws them."""

from collections.abc import Mapping
from typing import Any

from reactive_schedules.errors import SpecError
from reactive_schedules.plateau.actions import ACTIONS, Mark
from reactive_schedules.plateau.actions.base import changed
from reactive_schedules.plateau.spec import PlateauSpec

_STOP = Mark("stopped", "grey", "square")


def describe(plateau: PlateauSpec | Mapping[str, Any]) -> str:
    """The reaction in a sentence: "rate × 0.25 after 3 epochs without improvement in val_loss, at most twice".

    Args:
        plateau: A spec, or one as a mapping, as it comes from JSON. One that is not valid here, since its action
            is registered elsewhere, is described by the action's name.

    Example:
        >>> describe(PlateauSpec(patience=3, factor=0.25, max_actions=2))
        'rate × 0.25 after 3 epochs without improvement in val_loss, at most twice'
    """
    spec = _parsed(plateau)
    if isinstance(spec, str):
        return f"{spec} at a plateau"
    epochs = f"{spec.patience} epoch{'' if spec.patience == 1 else 's'}"
    when = f"after {epochs} without improvement in {spec.monitor}"
    if spec.max_actions == 0:
        return f"early stopping {when}"
    what = ACTIONS[spec.action].describe(spec)
    comma = "," if "," in what else ""  # else "after" would belong to the last part alone
    return f"{what}{comma} {when}, at most {_times(spec.max_actions)}"


def describe_briefly(plateau: PlateauSpec | Mapping[str, Any]) -> str:
    """The reaction in a few words, such as "rate ×0.25"; for arguments see `describe`."""
    spec = _parsed(plateau)
    if isinstance(spec, str):
        return spec
    return ACTIONS[spec.action].describe_briefly(spec) if spec.max_actions else "early stopping"


def label(record: Mapping[str, Any]) -> str:
    """What a decision has changed, such as "rate ×0.25" or "batch 32→128"; "stop" for the last.

    Args:
        record: The decision's line in the log, of a kind that need not be registered here.
    """
    if record["kind"] == "stop":
        return "stop"
    action = ACTIONS.get(record["kind"])
    return action.label(record) if action else changed(record) or record["kind"]


def mark(kind: str) -> Mark:
    """The look of a kind of decision, which need not be registered here."""
    if kind == "stop":
        return _STOP
    return ACTIONS[kind].mark if kind in ACTIONS else Mark(kind, "blue", "circle")


def _parsed(plateau: PlateauSpec | Mapping[str, Any]) -> PlateauSpec | str:
    if isinstance(plateau, PlateauSpec):
        return plateau
    try:
        return PlateauSpec.parse(plateau)
    except SpecError:
        return str(plateau.get("action"))


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
