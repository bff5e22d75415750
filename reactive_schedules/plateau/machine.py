"""What to do when a metric stops improving, as a pure state machine.

No Keras and no I/O: a `PlateauState` goes into `observe` with one metric value per epoch, and a new
state comes out with a `Decision`. Whoever trains carries the decision out; because nothing here has
side effects, the same run can be replayed, tested or resumed from the state alone.

Actions follow "Don't Decay the Learning Rate, Increase the Batch Size" (arXiv 1711.00489): a cut of the
learning rate and a growth of the batch lower the noise scale alike, and growth saves updates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from reactive_schedules.plateau.spec import NotNegative, PlateauSpec, Positive

__all__ = ["Decision", "PlateauSpec", "PlateauState", "observe", "replay"]


# Keras holds the multiplier as a float32, which goes no lower in full precision.
_LOWEST_MULTIPLIER = 2.0**-126


class PlateauState(BaseModel):
    """Everything that decides what happens next; immutable, and exact through JSON.

    Fields:
        epoch: metric values seen so far.
        best, best_epoch: the best value and its epoch, counted from 0; None before the first.
        wait: epochs since the best (or since the last action).
        cooldown_left: epochs still not counted.
        actions: actions taken.
        multiplier: what the learning rate is multiplied by.
        batch_size, max_batch_size: in examples.
        stopped: whether the last decision was to stop.
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

    @classmethod
    def start(cls, spec: PlateauSpec, batch_size: int, examples: int | None = None) -> PlateauState:
        """The state before the first epoch.

        Args:
            spec: when and how to act.
            batch_size: initial batch size.
            examples: size of the training data: limits the batch, and its tenth is the default maximum.

        Raises:
            ValueError: for a batch size below 1 or above `spec.max_batch_size`, for no examples, and for a
                growing action with neither `spec.max_batch_size` nor `examples` to limit it.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size: must be at least 1, got {batch_size}")
        if examples is not None and examples < 1:
            raise ValueError(f"examples: must be at least 1, got {examples}")
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
    if spec.action == "decay":
        return batch_size
    if spec.max_batch_size is None:
        if examples is None:
            raise ValueError(
                f"max_batch_size: action={spec.action!r} needs it where the data's size is unknown"
            )
        return max(batch_size, examples // 10)
    if spec.max_batch_size < batch_size:
        raise ValueError(
            f"max_batch_size: must be at least the initial batch size {batch_size}, got {spec.max_batch_size}"
        )
    return max(batch_size, min(spec.max_batch_size, examples or spec.max_batch_size))


@dataclass(frozen=True)
class Decision:
    """What to do after one epoch, and why.

    Fields:
        kind: "continue", "decay", "grow" or "stop".
        epoch: the epoch whose metric was observed, counted from 0.
        metric: the value observed; may be NaN.
        improved: whether it is the new best.
        best, best_epoch: after this observation.
        wait: epochs without improvement, this one included, before any action set it back.
        threshold: the value that had to be beaten; None at the first epoch.
        restore: whether to go back to the best weights.
        old_multiplier, new_multiplier: of the learning rate.
        old_batch_size, new_batch_size: in examples.
        reason: in words.
    """

    kind: Literal["continue", "decay", "grow", "stop"]
    epoch: int
    metric: float
    improved: bool
    best: float | None
    best_epoch: int | None
    wait: int
    threshold: float | None
    restore: bool
    old_multiplier: float
    new_multiplier: float
    old_batch_size: int
    new_batch_size: int
    reason: str

    @property
    def acts(self) -> bool:
        """Whether rate or batch change."""
        return self.kind in ("decay", "grow")

    @property
    def broken(self) -> bool:
        """Whether the metric was NaN or infinite."""
        return not math.isfinite(self.metric)


def observe(state: PlateauState, metric: float) -> tuple[PlateauState, Decision]:
    """Takes one epoch's metric; returns the next state and what to do.

    Args:
        state: from `PlateauState.start`, from the previous call, or from JSON.
        metric: the monitored value at the end of the epoch.

    Raises:
        ValueError: if the previous decision was to stop.
    """
    if state.stopped:
        raise ValueError("state: its last decision was to stop; start a new one with PlateauState.start")
    spec, metric = state.spec, float(metric)
    threshold = None if state.best is None else spec.bound(state.best)
    finite = math.isfinite(metric)
    improved = finite and (threshold is None or _beats(metric, threshold, spec.direction))
    cooling = state.cooldown_left > 0
    seen = state.model_copy(
        update={
            "epoch": state.epoch + 1,
            "best": metric if improved else state.best,
            "best_epoch": state.epoch if improved else state.best_epoch,
            "wait": 0 if improved or cooling else state.wait + 1,
            "cooldown_left": max(0, state.cooldown_left - 1),
        }
    )
    if not finite:
        kind, why = _after_nan(seen, metric)
    elif seen.wait >= spec.patience:
        kind, why = _after_plateau(seen, threshold)
    else:
        kind, why = "continue", _progress(seen, improved, cooling)
    after = _apply(seen, kind)
    return after, Decision(
        kind=kind,
        epoch=state.epoch,
        metric=metric,
        improved=improved,
        best=seen.best,
        best_epoch=seen.best_epoch,
        wait=seen.wait,
        threshold=threshold,
        restore=kind in ("decay", "grow") and (spec.restore_best or not finite),
        old_multiplier=state.multiplier,
        new_multiplier=after.multiplier,
        old_batch_size=state.batch_size,
        new_batch_size=after.batch_size,
        reason=why + _change(state, after),
    )


def replay(
    history: Iterable[float], spec: PlateauSpec, batch_size: int = 32, examples: int | None = None
) -> list[Decision]:
    """Runs `observe` over a recorded metric, one value per epoch, up to the decision to stop.

    Args:
        history: the metric's values, e.g. `history["val_loss"]`.
        spec: when and how to act.
        batch_size: initial batch size, in examples.
        examples: size of the training data; needed by "grow" and "hybrid" without `max_batch_size`.

    Returns:
        One decision per epoch; shorter than `history` if one of them is to stop.
    """
    state, decisions = PlateauState.start(spec, batch_size, examples), []
    for metric in history:
        state, decision = observe(state, metric)
        decisions.append(decision)
        if state.stopped:
            break
    return decisions


def _beats(metric: float, threshold: float, direction: str) -> bool:
    return metric < threshold if direction == "min" else metric > threshold


def _grown(state: PlateauState) -> int:
    # At least one example more, so that every growth is one; small batches would round down to themselves.
    return min(state.max_batch_size, max(state.batch_size + 1, round(state.batch_size * state.spec.growth)))


def _after_nan(state: PlateauState, metric: float) -> tuple[str, str]:
    spec = state.spec
    found = f"{spec.monitor} is {metric}"
    if spec.on_nan == "stop":
        return "stop", f"{found} and on_nan is 'stop'"
    if state.actions >= spec.max_actions:
        return "stop", f"{found} and all {spec.max_actions} actions are used up"
    if _is_lowest(state):
        return "stop", f"{found} and the rate is as low as it can be"
    return "decay", f"{found}: back to the best weights with a lower rate"


def _after_plateau(state: PlateauState, threshold: float | None) -> tuple[str, str]:
    spec = state.spec
    side = "below" if spec.direction == "min" else "above"
    needed = "no finite value" if threshold is None else f"not {side} {threshold:.6g}"
    found = f"{spec.monitor} {needed} for {state.wait} epoch{'s' if state.wait > 1 else ''}"
    if state.actions >= spec.max_actions:
        return "stop", f"{found} and all {spec.max_actions} actions are used up"
    if spec.action != "decay" and state.batch_size < state.max_batch_size:
        return "grow", found
    if spec.action == "grow":
        return "stop", f"{found} and the batch is at its maximum of {state.max_batch_size}"
    if _is_lowest(state):
        return "stop", f"{found} and the rate is as low as it can be"
    return "decay", found


def _is_lowest(state: PlateauState) -> bool:
    return state.multiplier * state.spec.factor < _LOWEST_MULTIPLIER


def _progress(state: PlateauState, improved: bool, cooling: bool) -> str:
    if improved:
        return f"new best {state.spec.monitor}"
    if cooling:
        return f"cooling down, {state.cooldown_left} more"
    return f"waiting, {state.wait} of {state.spec.patience}"


def _apply(state: PlateauState, kind: str) -> PlateauState:
    if kind == "continue":
        return state
    if kind == "stop":
        return state.model_copy(update={"stopped": True})
    update = {"wait": 0, "cooldown_left": state.spec.cooldown, "actions": state.actions + 1}
    if kind == "grow":
        update["batch_size"] = _grown(state)
    else:
        update["multiplier"] = state.multiplier * state.spec.factor
    return state.model_copy(update=update)


def _change(before: PlateauState, after: PlateauState) -> str:
    if after.actions == before.actions:
        return ""
    count = f"(action {after.actions} of {after.spec.max_actions})"
    if after.batch_size != before.batch_size:
        return f"; batch {before.batch_size} -> {after.batch_size} {count}"
    return f"; rate x {after.spec.factor:g} {count}"
