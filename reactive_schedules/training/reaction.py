"""Carries out the reaction to plateaus on a model in training."""

import dataclasses
from typing import Any

import keras

from reactive_schedules.keras.averages import settle
from reactive_schedules.keras.variables import Values, copied, put_back
from reactive_schedules.plateau.decision import Decision
from reactive_schedules.plateau.machine import observe
from reactive_schedules.plateau.spec import PlateauSpec
from reactive_schedules.plateau.state import PlateauState
from reactive_schedules.training.run_state import RunState


class Reaction:
    """Observes the metric of each epoch or part of one, keeps the best weights, and restores them when so decided.

    Args:
        model: Model in training, built, with a built optimizer.
        spec: Plateau spec.
        run: State of the run, which contains the state of the plateau machine and the best weights.
        batch_size: Initial batch size, in examples.
        examples: Number of training examples in an epoch.
        parts: Number of observations in an epoch.
    """

    def __init__(
        self,
        model: keras.Model,
        spec: PlateauSpec,
        run: RunState,
        batch_size: int,
        examples: int,
        parts: int,
    ) -> None:
        self._model, self._spec, self._run, self._parts = model, spec, run, parts
        self._initial_slots = self._slots()
        run.plateau = PlateauState.start(spec, batch_size, examples)
        self._remember_best()  # to restore after a NaN in the first epoch

    @property
    def state(self) -> PlateauState:
        """State of the plateau machine."""
        assert self._run.plateau is not None  # set by the constructor and by restoring a run
        return self._run.plateau

    @property
    def best_epoch(self) -> int | None:
        """Epoch of the best value, counted from 0; None before the first finite value."""
        return None if self.state.best_epoch is None else self.state.best_epoch // self._parts

    def check_monitor(self, logs: dict[str, Any]) -> None:
        """Checks that the monitored metric is in the logs.

        Raises:
            ValueError: The metric is missing, or has several values.
        """
        monitor = self._spec.monitor
        if monitor not in logs:
            raise ValueError(f"plateau.monitor: {monitor!r} is not in the logs; choose one of {sorted(logs)}")
        if isinstance(logs[monitor], list):
            raise ValueError(
                f"plateau.monitor: {monitor!r} has several values; choose a metric with a single value"
            )

    def observe(self, logs: dict[str, Any]) -> Decision:
        """Decides how to react to logs, and keeps them and the weights if they are the best so far."""
        self.check_monitor(logs)
        self._run.plateau, decision = observe(self.state, logs[self._spec.monitor])
        if decision.improved:
            self._remember_best()
            self._run.progress.best_logs = dict(logs)
        return dataclasses.replace(decision, epoch=decision.epoch // self._parts, best_epoch=self.best_epoch)

    def carry_out(self, decision: Decision) -> None:
        """Restores weights and slots as decided; the run changes the learning rate and batch size."""
        if decision.restore:
            self.restore_best()
        if not decision.acts:
            return
        slots = self._spec.slots
        if slots == "keep" and decision.broken:
            slots = "reset"  # the momentum may be NaN, too
        if slots != "keep":
            values = self._initial_slots if slots == "reset" else self._run.best_slots
            put_back(self._model.optimizer.variables, values)
            settle(self._model.optimizer)

    def restore_best(self) -> None:
        """Restores the best weights, from which averages start anew."""
        put_back(self._model.weights, self._run.best)
        settle(self._model.optimizer)

    def _remember_best(self) -> None:
        self._run.best = copied(self._model.weights)
        if self._spec.slots == "restore":
            self._run.best_slots = self._slots()

    def _slots(self) -> Values:
        return copied(self._model.optimizer.variables)
