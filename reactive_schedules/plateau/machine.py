"""A pure state machine that decides when to act on a metric that has stopped improving.

It uses neither Keras nor I/O: `observe` takes a `PlateauState` and the metric of an epoch, and returns the next state
and a `Decision`, which the training loop carries out. Without side effects, a run can be replayed, tested or resumed
from its state alone. The folder `actions` defines what each action does.
"""

import math
from collections.abc import Iterable

from reactive_schedules.duration import epochs_of
from reactive_schedules.plateau.actions import ACTIONS, Change, Exhausted
from reactive_schedules.plateau.decision import Decision
from reactive_schedules.plateau.spec import PlateauSpec
from reactive_schedules.plateau.state import PlateauState

__all__ = ["Decision", "PlateauSpec", "PlateauState", "observe", "replay"]


def observe(state: PlateauState, metric: float) -> tuple[PlateauState, Decision]:
    """Observes the metric of an epoch, or of a part of one; returns the next state and the decision.

    Args:
        state: State from `PlateauState.start`, from the previous call, or from JSON.
        metric: Monitored value at the end of the epoch.

    Raises:
        ValueError: The previous decision was to stop, or an action returned an invalid multiplier or batch size.
    """
    if state.stopped:
        raise ValueError("state: has already stopped; start a new one with PlateauState.start")
    spec, metric = state.spec, float(metric)
    threshold = None if state.best is None else spec.bound(state.best)
    finite = math.isfinite(metric)
    improved = finite and (threshold is None or _beats(metric, threshold, spec.direction))
    early = state.epoch < epochs_of(spec.start_from_epoch)
    cooling = early or state.cooldown_left > 0
    seen = state.model_copy(
        update={
            "epoch": state.epoch + 1,
            "best": metric if improved else state.best,
            "best_epoch": state.epoch if improved else state.best_epoch,
            "wait": 0 if improved or cooling else state.wait + 1,
            "cooldown_left": max(0, state.cooldown_left - 1),
            "streak": state.streak + 1 if improved and not cooling else 0,
        }
    )
    rise = ACTIONS[spec.action].improve(seen) if seen.streak >= epochs_of(spec.patience) else None
    if rise is not None:
        found = (
            f"{spec.monitor} improved for {spec.counted(seen.streak)}{' in a row' if seen.streak > 1 else ''}"
        )
        after, kind, reason = _changed(seen, rise), rise.action.name, f"{found}; {rise.words}"
    elif finite and seen.wait < epochs_of(spec.patience):
        after, kind, reason = seen, "continue", _progress(seen, improved, cooling, early)
    else:
        found = _plateau(seen, threshold) if finite else f"{spec.monitor} is {metric}"
        after, kind, reason = _react(seen, found, finite)
    return after, Decision(
        kind=kind,
        epoch=state.epoch,
        metric=metric,
        improved=improved,
        best=seen.best,
        best_epoch=seen.best_epoch,
        wait=seen.wait,
        threshold=threshold,
        restore=after.actions > state.actions and (spec.restore_best or not finite),
        old_multiplier=state.multiplier,
        new_multiplier=after.multiplier,
        old_batch_size=state.batch_size,
        new_batch_size=after.batch_size,
        reason=reason,
    )


def replay(
    history: Iterable[float], spec: PlateauSpec, batch_size: int = 32, examples: int | None = None
) -> list[Decision]:
    """Runs `observe` on each value of a recorded metric, until a decision to stop.

    Args:
        history: Values of the metric, one per epoch, such as `history["val_loss"]`; with `spec.every`, one per
            observation.
        spec: Plateau spec.
        batch_size: Initial batch size, in examples.
        examples: Number of training examples; required for actions that change the batch size unless the spec sets
            `max_batch_size`.

    Returns:
        One decision per value, up to a decision to stop.
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


def _progress(state: PlateauState, improved: bool, cooling: bool, early: bool) -> str:
    if improved:
        return f"new best {state.spec.monitor}"
    if early:
        unit = "epoch" if state.spec.every is None else "observation"
        return f"not counting before {unit} {epochs_of(state.spec.start_from_epoch)}"
    if cooling:
        return f"cooling down, {state.cooldown_left} more"
    return f"waiting, {state.wait} of {state.spec.patience}"


def _plateau(state: PlateauState, threshold: float | None) -> str:
    side = "below" if state.spec.direction == "min" else "above"
    return f"{state.spec.monitor} not {side} {threshold:.6g} for {state.spec.counted(state.wait)}"


def _react(state: PlateauState, found: str, finite: bool) -> tuple[PlateauState, str, str]:
    """The state after an action or a stop, the kind of the decision, and its reason."""
    outcome = _outcome(state, finite)
    if isinstance(outcome, Exhausted):
        return state.model_copy(update={"stopped": True}), "stop", f"{found} and {outcome.why}"
    after = _changed(state, outcome).model_copy(update={"actions": state.actions + 1})
    back = "" if finite else ": back to the best weights"
    count = f"(action {after.actions} of {state.spec.max_actions})"
    return after, outcome.action.name, f"{found}{back}; {outcome.words} {count}"


def _changed(state: PlateauState, change: Change) -> PlateauState:
    """The state after a change, which is checked."""
    _check(change, state)
    return state.model_copy(
        update={
            "wait": 0,
            "streak": 0,
            "cooldown_left": epochs_of(state.spec.cooldown),
            "multiplier": change.multiplier,
            "batch_size": change.batch_size,
        }
    )


def _outcome(state: PlateauState, finite: bool) -> Change | Exhausted:
    spec = state.spec
    if not finite and spec.on_nan == "stop":
        return Exhausted("on_nan is 'stop'")
    if state.actions >= spec.max_actions:
        return Exhausted(_used_up(spec.max_actions))
    action = ACTIONS[spec.action]
    return action.act(state) if finite else action.rescue(state)


def _used_up(actions: int) -> str:
    few = {0: "max_actions is 0", 1: "the only action has been taken", 2: "both actions have been taken"}
    return few.get(actions, f"all {actions} actions have been taken")


def _check(change: Change, state: PlateauState) -> None:
    """Checks the multiplier and batch size that an action returned.

    Raises:
        ValueError: One of them is out of bounds.
    """
    least = 1 if ACTIONS[state.spec.action].changes_batch else state.batch_size
    if not least <= change.batch_size <= state.max_batch_size:
        raise ValueError(
            f"{change.action.name}: batch size must be in [{least}, {state.max_batch_size}], got "
            f"{change.batch_size}"
        )
    if not 0 < change.multiplier < math.inf:
        raise ValueError(f"{change.action.name}: multiplier must be in (0, inf), got {change.multiplier}")
