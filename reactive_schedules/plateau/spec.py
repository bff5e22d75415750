"""When a plateau is reached and what is done about it, as plain data."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from reactive_schedules.errors import fault
from reactive_schedules.fields import Interval, SpecModel
from reactive_schedules.plateau.actions import ACTIONS

_SMALLER_IS_BETTER = re.compile(
    r"(^|_)(loss|error|mse|mae|mape|msle|rmse|crossentropy|logloss|perplexity|kl_divergence|hinge)$"
)
_LARGER_IS_BETTER = re.compile(
    r"(^|_)(acc|accuracy|auc|auroc|auprc|prc|precision|recall|f1|f1_score|fbeta_score|r2|r2_score|iou|mean_iou)$"
)

Positive = Annotated[int, Interval("[1, inf)")]
NotNegative = Annotated[int, Interval("[0, inf)")]


def _registered(name: Any) -> str:
    if isinstance(name, str) and name in ACTIONS:
        return name
    raise ValueError(f"must be one of {', '.join(map(repr, ACTIONS))}; got {name!r}")


def _list_actions(schema: dict[str, Any]) -> None:
    schema["enum"] = list(ACTIONS)


class PlateauSpec(SpecModel):
    """When a plateau is reached, and what is done about it.

    A plateau is reached after `patience` epochs in a row without an improvement (`wait >= patience`, as in
    Keras' EarlyStopping). Then one action is taken; after `max_actions` of them, or when there is nothing left to
    change (a cut would come to less than a float32 holds), the next plateau stops the training. `max_actions=0` is
    plain early stopping.

    Attributes:
        monitor: Name of the metric in the epoch's logs.
        mode: "min" or "max"; None derives it from well-known names (`val_loss`, `val_accuracy`, ...).
        patience: Epochs without improvement until an action.
        min_delta: Difference to the best that counts as an improvement; in the metric's own unit, or as a share
            of |best| with `threshold="relative"` (so also right for negative metrics).
        threshold: Meaning of `min_delta`, "absolute" or "relative".
        cooldown: Epochs after an action during which nothing is counted (torch's meaning; Keras'
            ReduceLROnPlateau(cooldown=c + 1) does the same as c here, for c >= 1).
        action: Name of a registered action. "decay" multiplies the learning rate by `factor`; "grow" multiplies
            the batch size by `growth`, up to the maximum, beyond which the next plateau stops; "hybrid" grows up to
            the maximum and decays from there on.
        factor: Factor of a cut of the learning rate; at a NaN for every action.
        growth: Factor of a growth of the batch.
        max_batch_size: Largest batch, in examples; None takes a tenth of the training examples (the paper's cap).
        max_actions: Number of actions after which the next plateau stops.
        restore_best: Whether an action goes back to the best weights so far; the end of `fit` always does.
        slots: Treatment of the optimizer's slots (momentum and the like) at an action: "keep" them, "reset" them to
            their initial values, or "restore" those that belong to the best weights. Measured on digits, 15
            seeds (docs/training): no difference beyond the spread, so the default is to keep them.
        on_nan: Response to a NaN or infinite metric: "act" restores the best weights and cuts the rate at once,
            whatever the action; "stop" ends the training.

    Actions follow "Don't Decay the Learning Rate, Increase the Batch Size" (arXiv 1711.00489): a cut of the
    learning rate and a growth of the batch lower the noise scale alike, and growth saves updates.

    Example:
        >>> rs.PlateauSpec(monitor="val_accuracy", patience=2).direction
        'max'
    """

    monitor: Annotated[str, Field(min_length=1)] = "val_loss"
    mode: Literal["min", "max"] | None = None
    patience: Positive = 5
    min_delta: Annotated[float, Interval("[0, inf)")] = 0.0
    threshold: Literal["absolute", "relative"] = "absolute"
    cooldown: NotNegative = 0
    action: Annotated[str, BeforeValidator(_registered), Field(json_schema_extra=_list_actions)] = "decay"
    factor: Annotated[float, Interval("(0, 1)")] = 0.5
    growth: Annotated[float, Interval("(1, inf)")] = 2.0
    max_batch_size: Positive | None = None
    max_actions: NotNegative = 3
    restore_best: bool = True
    slots: Literal["keep", "reset", "restore"] = "keep"
    on_nan: Literal["act", "stop"] = "act"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.mode is None and _mode_of(self.monitor) is None:
            raise fault("mode", f"cannot be derived from monitor={self.monitor!r}; set it to 'min' or 'max'")
        if self.slots == "restore" and not self.restore_best:
            raise fault("slots", "'restore' needs restore_best=True; use 'keep' or 'reset'")
        if unknown := ACTIONS[self.action].parameters - set(type(self).model_fields):
            names = ", ".join(sorted(unknown))
            raise fault("action", f"{self.action!r} has parameters that a PlateauSpec lacks: {names}")
        return self

    @property
    def direction(self) -> Literal["min", "max"]:
        """`mode`, or what the monitored name implies."""
        return self.mode or _mode_of(self.monitor) or "min"  # the last for type checkers: refused above

    def bound(self, best: float) -> float:
        """The value that a metric must beat to count as an improvement on `best`."""
        delta = self.min_delta * (abs(best) if self.threshold == "relative" else 1.0)
        return best - delta if self.direction == "min" else best + delta


def fields_by_action() -> dict[str, frozenset[str]]:
    """What is worth searching for each action: its parameters, and those of no action alone.

    A "grow" is left without `factor`, which it uses only at a NaN.
    """
    of_some = frozenset[str]().union(*(action.parameters for action in ACTIONS.values()))
    of_all = frozenset(PlateauSpec.model_fields) - of_some
    return {name: of_all | action.parameters for name, action in ACTIONS.items()}


def _mode_of(monitor: str) -> Literal["min", "max"] | None:
    name = monitor.lower()
    if _SMALLER_IS_BETTER.search(name):
        return "min"
    return "max" if _LARGER_IS_BETTER.search(name) else None
