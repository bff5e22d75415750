"""Reactions and decisions in words, for messages, pages and pictures."""

from collections.abc import Mapping
from typing import Any

from reactive_schedules.errors import SpecError
from reactive_schedules.plateau.actions import ACTIONS, Mark
from reactive_schedules.plateau.actions.base import changed
from reactive_schedules.plateau.spec import PlateauSpec

_STOP = Mark("stopped", "grey", "square")


def describe(plateau: PlateauSpec | Mapping[str, Any]) -> str:
    """Describes a reaction: "rate × 0.25 after 3 epochs without improvement in val_loss, at most twice".

    Args:
        plateau: Plateau spec, or its JSON as a mapping. If its action is not registered here, only the action's name is
            given.

    Example:
        >>> describe(PlateauSpec(patience=3, factor=0.25, max_actions=2))
        'rate × 0.25 after 3 epochs without improvement in val_loss, at most twice'
    """
    spec = _parsed(plateau)
    if isinstance(spec, str):
        return f"{spec} at a plateau"
    epochs = spec.patience if isinstance(spec.patience, str) else spec.counted(spec.patience)
    when = f"after {epochs} without improvement in {spec.monitor}"
    every = spec.every if isinstance(spec.every, str) else f"{spec.every} steps"
    observed = "" if spec.every is None else f"; observed every {every}"
    if spec.max_actions == 0:
        return f"early stopping {when}{observed}"
    what = ACTIONS[spec.action].describe(spec)
    comma = "," if "," in what else ""  # otherwise "after" would refer to the last part only
    rise = ACTIONS[spec.action].describe_improvement(spec)
    rises = f"; {rise} after {epochs} in a row with improvement" if rise else ""
    return f"{what}{comma} {when}, at most {_times(spec.max_actions)}{rises}{observed}"


def describe_briefly(plateau: PlateauSpec | Mapping[str, Any]) -> str:
    """Describes a reaction in a few words, such as "rate ×0.25"; see `describe` for the argument."""
    spec = _parsed(plateau)
    if isinstance(spec, str):
        return spec
    return ACTIONS[spec.action].describe_briefly(spec) if spec.max_actions else "early stopping"


def label(record: Mapping[str, Any]) -> str:
    """What a decision changed, such as "rate ×0.25" or "batch 32→128"; "stop" if it stopped the run.

    Args:
        record: Line of the decision log; its action need not be registered here.
    """
    if record["kind"] == "stop":
        return "stop"
    action = ACTIONS.get(record["kind"])
    return action.label(record) if action else changed(record) or record["kind"]


def epochs_done(record: Mapping[str, Any]) -> float:
    """Number of epochs that were done at a decision, such as 2.5 within the third; `record` is its line in the log."""
    return record["epoch"] + record.get("share", 1.0)


def when(record: Mapping[str, Any]) -> str:
    """When a decision was made: "epoch 3" at its end, or "epoch 3, step 1,250"; `record` is its line in the log."""
    step = f", step {record['step']:,}" if record.get("share", 1.0) < 1 else ""
    return f"epoch {record['epoch'] + 1}{step}"


def mark(kind: str) -> Mark:
    """The marker for a kind of decision; its action need not be registered here."""
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
