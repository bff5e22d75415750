"""The state of the plateau machine."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from reactive_schedules.duration import epochs_of
from reactive_schedules.errors import SpecError
from reactive_schedules.fields import Interval
from reactive_schedules.plateau.actions import ACTIONS
from reactive_schedules.plateau.spec import PlateauSpec

# Without an upper limit: these follow from the spec and the data.
Positive = Annotated[int, Interval("[1, inf)")]
NotNegative = Annotated[int, Interval("[0, inf)")]


class PlateauState(BaseModel):
    """The complete state of the plateau machine; immutable, and preserved exactly by JSON.

    Attributes:
        spec: Plateau spec; with `every`, all epochs below are observations.
        epoch: Number of metric values observed so far.
        best: Best value so far; None before the first finite value.
        best_epoch: Epoch of the best value, counted from 0; None before the first finite value.
        wait: Number of epochs without improvement since the best value or the last action.
        cooldown_left: Remaining epochs of the cooldown.
        actions: Number of actions taken.
        multiplier: Multiplier of the learning rate.
        batch_size: Batch size of the next epoch, in examples.
        max_batch_size: Largest batch size that an action may choose, in examples.
        stopped: Whether the last decision was to stop.
        streak: Number of improvements in a row.

    Example:
        >>> rs.PlateauState.start(rs.PlateauSpec(action="grow"), batch_size=32, examples=5000).max_batch_size
        500
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    spec: PlateauSpec
    epoch: NotNegative
    best: float | None
    best_epoch: NotNegative | None
    wait: NotNegative
    cooldown_left: NotNegative
    actions: NotNegative
    multiplier: float
    batch_size: Positive
    max_batch_size: Positive
    stopped: bool
    streak: NotNegative = 0

    @classmethod
    def start(cls, spec: PlateauSpec, batch_size: int, examples: int | None = None) -> PlateauState:
        """The state before the first epoch.

        Args:
            spec: Plateau spec.
            batch_size: Initial batch size, in examples.
            examples: Number of training examples. It limits the batch size, whose default maximum is a tenth of it.

        Raises:
            SpecError: `spec` has a duration that was not converted by `PlateauSpec.at`.
            ValueError: `batch_size` is below 1 or above `spec.max_batch_size`, `examples` is below 1, or the action
                changes the batch size and neither `spec.max_batch_size` nor `examples` limits it.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size: must be at least 1, got {batch_size}")
        if examples is not None and examples < 1:
            raise ValueError(f"examples: must be at least 1, got {examples}")
        for name in ("patience", "cooldown", "start_from_epoch"):
            try:
                epochs_of(getattr(spec, name))
            except SpecError as error:
                raise SpecError(f"{name}: {error}") from None
        return cls(
            spec=spec,
            epoch=0,
            best=None,
            best_epoch=None,
            wait=0,
            cooldown_left=0,
            actions=0,
            multiplier=1.0,
            batch_size=batch_size,
            max_batch_size=_largest_batch(spec, batch_size, examples),
            stopped=False,
        )


def _largest_batch(spec: PlateauSpec, batch_size: int, examples: int | None) -> int:
    if not ACTIONS[spec.action].changes_batch:
        return batch_size
    if spec.max_batch_size is None:
        if examples is None:
            raise ValueError(
                f"max_batch_size: is required for action={spec.action!r} when the number of examples is unknown"
            )
        return max(batch_size, examples // 10)
    if spec.max_batch_size < batch_size:
        raise ValueError(
            f"max_batch_size: must be at least the initial batch size {batch_size}, got {spec.max_batch_size}"
        )
    return max(batch_size, min(spec.max_batch_size, examples or spec.max_batch_size))
