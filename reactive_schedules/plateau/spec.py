"""The reaction to plateaus as plain data."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from reactive_schedules.duration import Duration, Horizon, InEpochs, resolve, whole_epochs
from reactive_schedules.errors import SpecError, fault
from reactive_schedules.fields import Count, CountFrom0, Interval, SpecModel
from reactive_schedules.plateau import directions
from reactive_schedules.plateau.actions import ACTIONS


def _registered(name: Any) -> str:
    if isinstance(name, str) and name in ACTIONS:
        return name
    raise ValueError(f"must be one of {', '.join(map(repr, ACTIONS))}; got {name!r}")


def _list_actions(schema: dict[str, Any]) -> None:
    schema["enum"] = list(ACTIONS)


class PlateauSpec(SpecModel):
    """When to react to a metric that stops improving, and how.

    A plateau is `patience` epochs in a row without improvement (`wait >= patience`, as in Keras' EarlyStopping). Each
    plateau triggers an action. After `max_actions` actions, or when nothing is left to change (such as a rate too small
    for a float32), the next plateau stops the training. `max_actions=0` is plain early stopping.

    Attributes:
        monitor: Name of the metric in the epoch's logs.
        mode: Whether smaller ("min") or larger ("max") values are better; None infers it from well-known names
            (`val_loss`, `val_accuracy`, ...), which it must not contradict.
        every: Duration between observations within an epoch, such as `500st`, of a validation metric, or of a training
            metric since the last observation. An epoch is divided into equal parts of about that length, the last
            observation is at its end, and integers in `patience`, `cooldown` and `start_from_epoch` count observations
            instead of epochs. Only for actions that do not change the batch size. None observes at the end of epochs.
        patience: Number of epochs without improvement before an action; or a duration, such as `300st` or
            `max(4ep, 300st)`, which `at` rounds up to whole epochs. Data of which an epoch has few steps needs one.
        min_delta: Smallest change from the best value that counts as an improvement, in the unit of the metric or,
            with `threshold="relative"`, as a fraction of |best| (so it also works for negative metrics).
        threshold: Meaning of `min_delta`, "absolute" or "relative".
        cooldown: Number of epochs (or a duration) after an action that do not count towards `patience`, as in PyTorch
            (for c >= 1, equal to Keras' ReduceLROnPlateau(cooldown=c + 1)).
        action: Name of a registered action. "decay" multiplies the learning rate by `factor`; "grow" multiplies
            the batch size by `growth` up to its maximum, after which the next plateau stops the training; "hybrid"
            grows the batch size up to its maximum, then decays the learning rate; "seesaw" multiplies the batch size
            by `growth` and the learning rate by 1/√growth at once; "greedy" divides the learning rate by `factor`
            after `patience` improvements in a row, and multiplies it by `factor` at a plateau.
        factor: Factor of a cut of the learning rate; a NaN cuts the rate whatever the action.
        growth: Factor of an increase of the batch size.
        max_batch_size: Largest batch size, in examples; None is a tenth of the training examples (the paper's cap).
        max_multiplier: Largest multiple of the schedule's rate that "greedy" may reach.
        min_rate: Floor of the learning rate, the schedule's rate times the cuts: neither takes it below, a warm-up
            from 0 included.
        start_from_epoch: Number of first epochs (or a duration) that do not count towards `patience`. Unlike in Keras'
            EarlyStopping, their best weights are kept.
        max_actions: Number of actions after which the next plateau stops the training.
        restore_best: Whether an action restores the best weights so far; the end of `fit` always does.
        slots: Treatment of the optimizer's slots (such as momentum) at an action: "keep" them, "reset" them to
            their initial values, or "restore" the slots of the best weights. The choice made no difference beyond the
            spread on digits with 15 seeds (docs/training), so the default is the simplest.
        on_nan: Response to a NaN or infinite metric: "act" restores the best weights and cuts the learning rate at
            once, whatever the action; "stop" ends the training.

    The actions follow "Don't Decay the Learning Rate, Increase the Batch Size" (arXiv 1711.00489): cutting the learning
    rate and increasing the batch size lower the noise scale alike, but a larger batch needs fewer updates.

    Example:
        >>> rs.PlateauSpec(monitor="val_accuracy", patience=2).direction
        'max'
    """

    monitor: Annotated[str, Field(min_length=1)] = "val_loss"
    mode: Literal["min", "max"] | None = None
    every: Duration | None = None  # before the fields that it counts, see `InEpochs`
    patience: Annotated[int | str, InEpochs("[1, 1000000000]")] = 5
    min_delta: Annotated[float, Interval("[0, inf)")] = 0.0
    threshold: Literal["absolute", "relative"] = "absolute"
    cooldown: Annotated[int | str, InEpochs("[0, 1000000000]")] = 0
    action: Annotated[str, BeforeValidator(_registered), Field(json_schema_extra=_list_actions)] = "decay"
    factor: Annotated[float, Interval("(0, 1)")] = 0.5
    growth: Annotated[float, Interval("(1, inf)")] = 2.0
    max_batch_size: Count | None = None
    max_multiplier: Annotated[float, Interval("[1, inf)")] = 10.0
    min_rate: Annotated[float, Interval("[0, inf)")] = 0.0
    start_from_epoch: Annotated[int | str, InEpochs("[0, 1000000000]")] = 0
    max_actions: CountFrom0 = 3
    restore_best: bool = True
    slots: Literal["keep", "reset", "restore"] = "keep"
    on_nan: Literal["act", "stop"] = "act"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.mode is None and directions.direction_of(self.monitor) is None:
            raise fault("mode", f"cannot be inferred from monitor={self.monitor!r}; set it to 'min' or 'max'")
        if self.mode is not None:
            try:
                directions.check(self.monitor, self.mode)
            except directions.Contradiction as error:
                raise fault("mode", str(error)) from None
        if self.slots == "restore" and not self.restore_best:
            raise fault("slots", "'restore' needs restore_best=True; use 'keep' or 'reset'")
        if self.every == 0:
            raise fault("every", "must be a step at least; leave it out to observe at the end of epochs")
        if self.every is not None and ACTIONS[self.action].changes_batch:
            raise fault(
                "every", f"{self.action!r} changes the batch size, which needs a whole epoch; leave it out"
            )
        if unknown := ACTIONS[self.action].parameters - set(type(self).model_fields):
            names = ", ".join(sorted(unknown))
            raise fault("action", f"{self.action!r} has parameters that a PlateauSpec lacks: {names}")
        return self

    @property
    def direction(self) -> Literal["min", "max"]:
        """`mode`, or the mode inferred from the name of the metric."""
        found = self.mode or directions.direction_of(self.monitor)
        return found or "min"  # for type checkers; validation excludes it

    def counted(self, number: int) -> str:
        """A number of what `patience` counts, in words: "3 epochs", or "3 observations" with `every`."""
        unit = "epoch" if self.every is None else "observation"
        return f"{number} {unit}{'' if number == 1 else 's'}"

    def observations(self, horizon: Horizon) -> int:
        """Number of observations in an epoch, which divide it into equal parts of about `every`.

        Args:
            horizon: Length of the run.

        Raises:
            SpecError: `every` is less than a step or more than an epoch.

        Example:
            >>> rs.PlateauSpec(every="500st").observations(rs.Horizon(1600, epochs=10, batch_size=32))
            3
        """
        if self.every is None:
            return 1
        whole = horizon.steps_per_epoch
        try:
            part = resolve(self.every, horizon)
        except ValueError as error:
            raise SpecError(f"every: {error}") from None
        if not 1 <= part <= whole:
            raise SpecError(
                f"every: must be between a step and an epoch, which has {whole:,} steps; got {self.every!r}"
            )
        return (2 * whole + part) // (2 * part)

    def at(self, horizon: Horizon) -> Self:
        """Converts durations to whole epochs, or, with `every`, to observations, rounded up.

        Args:
            horizon: Length of the run, at the initial batch size.

        Raises:
            SpecError: A duration is too long.

        Example:
            >>> rs.PlateauSpec(patience="max(4ep, 300st)").at(rs.Horizon(16, epochs=250, batch_size=32)).patience
            19
        """
        found, parts = {}, self.observations(horizon)
        for name, least in (("patience", 1), ("cooldown", 0), ("start_from_epoch", 0)):
            try:
                found[name] = whole_epochs(getattr(self, name), horizon, least, parts)
            except ValueError as error:
                raise SpecError(f"{name}: {error}") from None
        return self.model_copy(update=found)

    def bound(self, best: float) -> float:
        """The value that a metric must beat to count as an improvement on `best`."""
        delta = self.min_delta * (abs(best) if self.threshold == "relative" else 1.0)
        return best - delta if self.direction == "min" else best + delta


def fields_by_action() -> dict[str, frozenset[str]]:
    """The fields worth searching for each action: its own parameters, and fields that belong to no single action.

    For "grow", this excludes `factor`, which it uses only after a NaN, and `every`.
    """
    of_some = frozenset[str]().union(*(action.parameters for action in ACTIONS.values()))
    of_all = frozenset(PlateauSpec.model_fields) - of_some
    return {
        name: (of_all - {"every"} if action.changes_batch else of_all) | action.parameters
        for name, action in ACTIONS.items()
    }
