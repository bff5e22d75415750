"""What an action is, and the registry of all actions.

Specs and states know actions, so actions know of them only what the two protocols here say.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, TypeVar


class Parameters(Protocol):
    """What actions use of a `PlateauSpec`, which says what the fields mean."""

    @property
    def factor(self) -> float:
        """Factor of a cut."""
        ...

    @property
    def growth(self) -> float:
        """Factor of a growth."""
        ...

    @property
    def max_batch_size(self) -> int | None:
        """Largest batch asked for, in examples; None for the default."""
        ...


class Present(Protocol):
    """What actions use of a `PlateauState`: how things are before the change."""

    @property
    def spec(self) -> Parameters:
        """The parameters."""
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
        """Largest batch allowed, in examples."""
        ...


@dataclass(frozen=True)
class Change:
    """What an action makes of the learning rate and the batch.

    Attributes:
        action: The action whose name the decision gets.
        words: The change in words, such as "rate × 0.25".
        multiplier: The new multiplier of the learning rate.
        batch_size: The new batch size, in examples.
    """

    action: Action
    words: str
    multiplier: float
    batch_size: int


@dataclass(frozen=True)
class Exhausted:
    """Nothing is left to change, so the training stops.

    Attributes:
        why: The reason, as the end of a sentence: "the rate is as low as it can be".
    """

    why: str


@dataclass(frozen=True)
class Mark:
    """How pictures and pages show a decision.

    Attributes:
        words: What was done, as a legend says it, such as "rate cut".
        colour: Name of the colour.
        symbol: Shape of the marker, by plotly's name.
    """

    words: str
    colour: Literal["red", "purple", "blue", "green", "orange", "grey"]
    symbol: Literal["triangle-down", "triangle-up", "circle", "diamond", "square"]


class Action(ABC):
    """What is done at a plateau: how it changes the state, how it reads, and how it is drawn.

    Stateless: the parameters are in the spec, what has happened so far is in the state.

    Attributes:
        name: Value of `action` in a spec, and kind of the decisions.
        parameters: Names of the fields of `PlateauSpec` that belong to the action.
        changes_batch: Whether the batch size can change.
        mark: Look of its decisions.
    """

    name: ClassVar[str]
    parameters: ClassVar[frozenset[str]] = frozenset()
    changes_batch: ClassVar[bool] = False
    mark: ClassVar[Mark] = Mark("action taken", "blue", "circle")

    @abstractmethod
    def act(self, state: Present) -> Change | Exhausted:
        """The change at a plateau, or why there is nothing left to change.

        The batch size must stay in [1, `state.max_batch_size`], and as it is without `changes_batch`.
        """

    @abstractmethod
    def describe(self, spec: Parameters) -> str:
        """The action in words, such as "batch × 4 up to 512"."""

    def describe_briefly(self, spec: Parameters) -> str:
        """The action in as few words as a cell of a table holds, such as "batch ×4"."""
        return self.describe(spec)

    def rescue(self, state: Present) -> Change | Exhausted:
        """The change when the metric is NaN or infinite: a lower rate, as no other change would help."""
        return ACTIONS["decay"].act(state)

    def label(self, record: Mapping[str, Any]) -> str:
        """What a decision has changed, such as "batch 32→128"; `record` is its line in the decision log."""
        return changed(record) or self.mark.words


def changed(record: Mapping[str, Any]) -> str:
    """What differs after a decision, such as "rate ×0.25"; empty if nothing does."""
    changes = []
    if record["new_rate"] != record["old_rate"]:
        changes.append(f"rate ×{record['new_rate'] / record['old_rate']:.2g}")
    if record["new_batch_size"] != record["old_batch_size"]:
        changes.append(f"batch {record['old_batch_size']}→{record['new_batch_size']}")
    return ", ".join(changes)


ACTIONS: dict[str, Action] = {}
"""Action by name."""

_Kind = TypeVar("_Kind", bound=Action)


def register_action(kind: type[_Kind]) -> type[_Kind]:
    """Makes an action usable by its name in a spec; decorates a class derived from `Action`.

    Whoever reads such a spec must have registered the action before.

    Raises:
        ValueError: The name is missing, or belongs to another class.

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
    # A class of the same place is the same one, made again in a notebook.
    if name in ACTIONS and _place(type(ACTIONS[name])) != _place(kind):
        raise ValueError(f"{kind.__qualname__}.name: {name!r} is registered already; choose another")
    ACTIONS[name] = kind()
    return kind


def _place(kind: type[Action]) -> tuple[str, str]:
    return kind.__module__, kind.__qualname__
