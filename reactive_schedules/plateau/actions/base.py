"""The base class of actions, and their registry.

Specs and states depend on actions; actions know them only through the two protocols here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, TypeVar


class Parameters(Protocol):
    """The fields of a `PlateauSpec` that actions use."""

    @property
    def factor(self) -> float:
        """Factor of a cut of the learning rate."""
        ...

    @property
    def growth(self) -> float:
        """Factor of an increase of the batch size."""
        ...

    @property
    def max_batch_size(self) -> int | None:
        """Largest batch size in the spec, in examples; None for the default."""
        ...

    @property
    def max_multiplier(self) -> float:
        """Largest multiplier of the learning rate."""
        ...


class Present(Protocol):
    """The fields of a `PlateauState`, before the change, that actions use."""

    @property
    def spec(self) -> Parameters:
        """Plateau spec."""
        ...

    @property
    def multiplier(self) -> float:
        """Multiplier of the learning rate."""
        ...

    @property
    def batch_size(self) -> int:
        """Batch size, in examples."""
        ...

    @property
    def max_batch_size(self) -> int:
        """Largest batch size allowed, in examples."""
        ...


@dataclass(frozen=True)
class Change:
    """The learning rate and batch size after an action.

    Attributes:
        action: Action that gives the decision its name.
        words: Change in words, such as "rate × 0.25".
        multiplier: New multiplier of the learning rate.
        batch_size: New batch size, in examples.
    """

    action: Action
    words: str
    multiplier: float
    batch_size: int


@dataclass(frozen=True)
class Exhausted:
    """An action has nothing left to change, so the training stops.

    Attributes:
        why: Reason, as the end of a sentence, such as "the rate is as low as it can be".
    """

    why: str


@dataclass(frozen=True)
class Mark:
    """The marker of a decision in pictures and pages.

    Attributes:
        words: Label in the legend, such as "rate cut".
        colour: Name of the colour.
        symbol: Shape, by its name in Plotly.
    """

    words: str
    colour: Literal["red", "purple", "blue", "green", "orange", "grey"]
    symbol: Literal["triangle-down", "triangle-up", "circle", "diamond", "square"]


class Action(ABC):
    """An action at a plateau: how it changes the state, how it is described, and how it is drawn.

    Actions are stateless: parameters are in the spec, progress is in the state.

    Attributes:
        name: Value of `action` in a spec, and kind of the action's decisions.
        parameters: Names of the fields of `PlateauSpec` that belong to the action.
        changes_batch: Whether the action can change the batch size.
        mark: Marker of the action's decisions.
    """

    name: ClassVar[str]
    parameters: ClassVar[frozenset[str]] = frozenset()
    changes_batch: ClassVar[bool] = False
    mark: ClassVar[Mark] = Mark("action taken", "blue", "circle")

    @abstractmethod
    def act(self, state: Present) -> Change | Exhausted:
        """The change at a plateau, or the reason why nothing is left to change.

        The batch size must be in [1, `state.max_batch_size`], and unchanged unless `changes_batch`.
        """

    @abstractmethod
    def describe(self, spec: Parameters) -> str:
        """The action in words, such as "batch × 4 up to 512"."""

    def describe_briefly(self, spec: Parameters) -> str:
        """The action in a few words, short enough for a table cell, such as "batch ×4"."""
        return self.describe(spec)

    def improve(self, state: Present) -> Change | None:
        """The change after `patience` improvements in a row; None changes nothing, as by default.

        It does not count towards `max_actions`, and restores nothing.
        """
        return None

    def describe_improvement(self, spec: Parameters) -> str:
        """What `improve` does in words, such as "rate ÷ 0.9"; empty if nothing."""
        return ""

    def rescue(self, state: Present) -> Change | Exhausted:
        """The change after a NaN or infinite metric: a lower learning rate, whatever the action."""
        return ACTIONS["decay"].act(state)

    def label(self, record: Mapping[str, Any]) -> str:
        """What a decision changed, such as "batch 32→128"; `record` is its line in the decision log."""
        return changed(record) or self.mark.words


def changed(record: Mapping[str, Any]) -> str:
    """What a decision changed, such as "rate ×0.25"; empty if nothing."""
    changes = []
    if record["new_rate"] != record["old_rate"]:
        changes.append(f"rate ×{record['new_rate'] / record['old_rate']:.3g}")
    if record["new_batch_size"] != record["old_batch_size"]:
        changes.append(f"batch {record['old_batch_size']}→{record['new_batch_size']}")
    return ", ".join(changes)


ACTIONS: dict[str, Action] = {}
"""Action by name."""

_Kind = TypeVar("_Kind", bound=Action)


def register_action(kind: type[_Kind]) -> type[_Kind]:
    """Registers an action under its `name`; use it to decorate a subclass of `Action`.

    Register the action before reading a spec that uses it.

    Raises:
        ValueError: The name is missing or not an identifier, or taken by another class.

    Example:
        >>> from reactive_schedules.plateau.actions import ACTIONS, Action, Change
        >>> @rs.register_action
        ... class Wait(Action):
        ...     name = "wait"
        ...     def act(self, state):
        ...         return Change(self, "best weights", state.multiplier, state.batch_size)
        ...     def describe(self, spec):
        ...         return "back to the best weights"
        >>> [decision.kind for decision in rs.replay([0.9, 0.9], rs.PlateauSpec(action="wait", patience=1))]
        ['continue', 'wait']
        >>> del ACTIONS["wait"]
    """
    name = getattr(kind, "name", None)
    if not isinstance(name, str) or not name.isidentifier() or name in ("continue", "stop"):
        raise ValueError(f"{kind.__qualname__}.name: must be a word such as 'decay'; got {name!r}")
    # A notebook cell that is run again registers its class again.
    if name in ACTIONS and _place(type(ACTIONS[name])) != _place(kind):
        raise ValueError(f"{kind.__qualname__}.name: {name!r} is already registered; choose another name")
    ACTIONS[name] = kind()
    return kind


def _place(kind: type[Action]) -> tuple[str, str]:
    return kind.__module__, kind.__qualname__
