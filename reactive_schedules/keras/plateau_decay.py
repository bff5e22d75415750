"""The reaction to plateaus as a callback for `model.fit`."""

import warnings
from typing import Any, cast

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.keras.optimizers import Steps, check_single, innermost
from reactive_schedules.keras.scaled import Scaled
from reactive_schedules.keras.variables import Values, copied, number, put_back
from reactive_schedules.plateau.actions import ACTIONS
from reactive_schedules.plateau.decision import Decision
from reactive_schedules.plateau.machine import observe
from reactive_schedules.plateau.spec import PlateauSpec
from reactive_schedules.plateau.state import PlateauState


class PlateauDecay(keras.callbacks.Callback):
    """Cuts the learning rate when the metric stops improving, even if the rate comes from a schedule.

    Unlike Keras' ReduceLROnPlateau, which raises a TypeError with a schedule, it lets the schedule continue, multiplied
    by the cuts. After `spec.max_actions` cuts, the next plateau stops the training. The model then has its best weights
    unless `spec.restore_best` is False. `learning_rate` is added to the logs.

    If the metric is a validation metric, epochs without validation (`validation_freq`) are ignored. A model that is
    built by its first step has no weights to restore in the first epoch, so a NaN in that epoch is an error.

    Keras' `fit` cannot change the batch size during training; use `rs.fit` for actions that do.

    Like Keras' callbacks, each `fit` starts counting anew. To continue instead, pass the `state` of the earlier
    callback (preserved exactly by JSON), and use the same model and optimizer, which hold the weights and the cuts.

    Args:
        spec: Plateau spec, with an action that does not change the batch size, such as "decay".
        state: State from which the first `fit` continues; None starts anew.

    Attributes:
        state: Current state of the plateau machine.
        decisions: Decisions of this `fit`, one per epoch.

    Raises:
        ValueError: The action changes the batch size, the spec observes within epochs, or the state belongs to another
            spec or has stopped; during training, the metric is not in the logs, the learning rate cannot be cut, or the
            metric is NaN before there are weights to restore.

    Example:
        >>> spec = rs.PlateauSpec(monitor="val_loss", patience=3, factor=0.25)
        >>> callbacks = [rs.PlateauDecay(spec)]  # for model.fit(..., callbacks=callbacks)
    """

    def __init__(self, spec: PlateauSpec, state: PlateauState | None = None) -> None:
        super().__init__()
        if not isinstance(spec, PlateauSpec):
            raise ValueError(f"spec: must be a PlateauSpec, such as PlateauSpec(patience=2); got {spec!r}")
        if state is not None and not isinstance(state, PlateauState):
            raise ValueError(f"state: must be a PlateauState, such as callback.state; got {state!r}")
        if ACTIONS[spec.action].changes_batch:
            raise ValueError(
                f"action: {spec.action!r} changes the batch size, which a callback cannot do; use 'decay', or "
                "train with rs.fit"
            )
        if spec.every is not None:
            raise ValueError(
                "every: a callback observes at the end of epochs; leave it out, or train with rs.fit"
            )
        if state is not None and state.spec != spec:
            raise ValueError("state: belongs to a different spec; pass the spec it was made with")
        if state is not None and state.stopped:
            raise ValueError("state: has already stopped; leave it out to start anew")
        self.spec, self._resumed = spec, state
        self.state = state or PlateauState.start(spec, batch_size=1)
        self.decisions: list[Decision] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Starts counting, and makes the learning rate adjustable."""
        self.state = self._resumed or PlateauState.start(self.spec, batch_size=1)
        self.decisions, self._resumed = [], None
        self._best: Values | None = None
        self._best_slots: Values | None = None
        self._initial_slots: Values | None = None
        self._never_seen: str | None = None
        check_single(self._network.optimizer)
        self._make_changeable()
        self._steps: Steps | None = None
        if self._network.built:  # otherwise, the first step builds model and optimizer
            optimizer = self._network.optimizer
            if not optimizer.built:
                optimizer.build(self._network.trainable_variables)
            self._initial_slots = copied(_slots(optimizer))
            self._steps = Steps(optimizer)
            self._remember_best()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Observes the metric of the epoch, and acts on it."""
        if self._steps:
            self._steps.check()
            self._steps = None
        logs = {} if logs is None else logs
        logs["learning_rate"] = number(self._network.optimizer.learning_rate)
        if self.spec.monitor not in logs:
            self._go_without(logs)
            return
        self.state, decision = observe(self.state, logs[self.spec.monitor])
        self.decisions.append(decision)
        if decision.improved or (self._best is None and not decision.broken):
            self._remember_best()
        if decision.restore:
            self._restore_best()
        if decision.acts:
            self._change_slots(decision)
            self._cut(decision.new_multiplier / decision.old_multiplier)
        if decision.kind == "stop":
            self._network.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Restores the best weights."""
        if not self.decisions and self._never_seen:
            raise ValueError(self._never_seen)
        if self.spec.restore_best and self._best is not None:
            put_back(self._network.weights, self._best)

    @property
    def _network(self) -> keras.Model:
        return cast("keras.Model", self.model)  # set by Keras before the training begins

    @property
    def _optimizer(self) -> keras.optimizers.Optimizer:
        return innermost(self._network.optimizer)

    def _make_changeable(self) -> None:
        schedule, floor = self._optimizer._learning_rate, self.spec.min_rate
        if isinstance(schedule, keras.Variable):
            if number(schedule) < floor:
                schedule.assign(floor)
            return
        if not isinstance(schedule, LearningRateSchedule):
            raise ValueError(
                "optimizer: learning rate is a function, which cannot be cut; use a number or a "
                f"keras.optimizers.schedules.LearningRateSchedule; got {schedule!r}"
            )
        if isinstance(schedule, Scaled) and schedule.floor < floor:
            self._set(Scaled(schedule.schedule, schedule.by, floor))
        elif keras.backend.backend() == "jax":  # where a cut sets another schedule
            if floor and not isinstance(schedule, Scaled):
                self._set(Scaled(schedule, 1.0, floor))
        elif not (isinstance(schedule, Scaled) and isinstance(schedule.by, keras.Variable)):
            scale = keras.Variable(1.0, trainable=False, name="learning_rate_scale")
            self._set(Scaled(schedule, scale, floor))

    def _set(self, schedule: LearningRateSchedule) -> None:
        """Sets the schedule; a traced function never looks up a new one, so the model makes another function."""
        self._optimizer.learning_rate = schedule
        self._network.make_train_function(force=True)

    def _go_without(self, logs: dict[str, Any]) -> None:
        message = f"monitor: {self.spec.monitor!r} is not in the logs; choose one of {sorted(logs)}"
        validated = any(name.startswith("val_") for name in logs)
        if validated or not self.spec.monitor.startswith("val_"):
            raise ValueError(message)
        if not self.decisions and self._never_seen is None:
            self._never_seen = f"{message}, or pass validation_data to fit"
            warnings.warn(
                f"PlateauDecay ignores this epoch: {self.spec.monitor!r} is not in the logs without validation",
                stacklevel=2,
            )

    def _restore_best(self) -> None:
        if self._best is None:
            raise ValueError(
                f"model: {self.spec.monitor!r} is not finite, and there are no weights to restore, because the "
                "first step built the model; add a keras.Input, or call the model once before fit"
            )
        put_back(self._network.weights, self._best)

    def _cut(self, factor: float) -> None:
        rate = self._optimizer._learning_rate
        if isinstance(rate, keras.Variable):
            rate.assign(max(number(rate) * factor, self.spec.min_rate))
        elif isinstance(rate, Scaled) and isinstance(rate.by, keras.Variable):
            rate.by.assign(rate.by * factor)
        elif isinstance(rate, Scaled):
            self._set(Scaled(rate.schedule, rate.by * factor, rate.floor))
        else:
            self._set(Scaled(cast("LearningRateSchedule", rate), factor))

    def _change_slots(self, decision: Decision) -> None:
        slots = "reset" if self.spec.slots == "keep" and decision.broken else self.spec.slots
        if slots != "keep":
            values = self._initial() if slots == "reset" else self._best_slots
            put_back(_slots(self._network.optimizer), cast("Values", values))  # the best were just restored

    def _initial(self) -> Values:
        if (
            self._initial_slots is None
        ):  # the first step built and changed them: take those of a new optimizer
            optimizer = self._network.optimizer
            fresh = type(optimizer).from_config(optimizer.get_config())
            fresh.build(self._optimizer._trainable_variables)
            self._initial_slots = copied(_slots(fresh))
        return self._initial_slots

    def _remember_best(self) -> None:
        self._best = copied(self._network.weights)
        self._best_slots = copied(_slots(self._network.optimizer))


def _slots(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    # The schedule depends on the iterations, and the rate may itself be one of the optimizer's variables.
    inner = innermost(optimizer)
    kept = {id(inner._iterations), id(inner._learning_rate)}
    return [variable for variable in optimizer.variables if id(variable) not in kept]
