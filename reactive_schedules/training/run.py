"""A run from its first epoch to its last: train, validate, observe, act, save."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from reactive_schedules.keras.averages import at_averages, keep_averages
from reactive_schedules.keras.optimizers import Steps, averaging
from reactive_schedules.keras.variables import copied, put_back
from reactive_schedules.plateau.decision import Decision
from reactive_schedules.plateau.decision_log import decision_record
from reactive_schedules.plateau.state import PlateauState
from reactive_schedules.spec.training_spec import TrainingSpec
from reactive_schedules.training.loop import Loop
from reactive_schedules.training.rate import RunRate
from reactive_schedules.training.reaction import Reaction
from reactive_schedules.training.run_state import RunState
from reactive_schedules.training.store import RunStore
from reactive_schedules.training.validation_metric import ValidationMetric, measured

CALL_S = 0.5  # target duration of a call of the compiled loop, because Ctrl-C only works between calls


@dataclass(frozen=True)
class EpochEnd:
    """The report on an epoch that `on_epoch` receives, after any reaction.

    Attributes:
        epoch: Epoch, counted from 0.
        logs: Values added to the history for this epoch.
        decision: Last decision of the plateau machine in the epoch; None without a plateau spec.
        state: State of the plateau machine after the epoch; None without a plateau spec.
        seconds: Duration of the epoch in this process, from its first step to the start of its checkpoint.
        examples_per_second: Training speed, excluding validation.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.01}, "epochs": 2})
        >>> _ = rs.fit(model, (x, y), None, spec, on_epoch=lambda end: print(end.epoch, end.logs["batch_size"]))
        0 32
        1 32
    """

    epoch: int
    logs: dict[str, Any]
    decision: Decision | None
    state: PlateauState | None
    seconds: float
    examples_per_second: float


class TrainingRun:
    """Coordinates the parts of a run, which `reactive_schedules.fit` creates.

    Args:
        model: Compiled and built model, whose optimizer is built and uses the schedule of `rate`.
        spec: Training spec.
        train: Loop over the training examples.
        validate: Loop over the validation examples; None skips validation.
        rate: Learning rate of the run.
        store: Store for checkpoints and decisions.
        metrics: Functions of what `validate` records, by name.
    """

    def __init__(
        self,
        model: keras.Model,
        spec: TrainingSpec,
        train: Loop,
        validate: Loop | None,
        rate: RunRate,
        store: RunStore,
        metrics: Mapping[str, ValidationMetric],
    ) -> None:
        self._model, self._spec, self._rate, self._store = model, spec, rate, store
        self._train, self._validate, self._metrics = train, validate, metrics
        self.state = RunState(model)
        self._parts = spec.plateau.observations(spec.horizon(train.examples)) if spec.plateau else 1
        self._reaction = spec.plateau and Reaction(
            model, spec.plateau, self.state, spec.batch_size, train.examples, self._parts
        )
        self._stopped: Decision | None = None  # within an epoch

    @property
    def batch_size(self) -> int:
        """Batch size of the current epoch, in examples."""
        return self.state.plateau.batch_size if self.state.plateau else self._spec.batch_size

    @property
    def multiplier(self) -> float:
        """Multiplier of the family's rate, from the cuts so far."""
        return self.state.plateau.multiplier if self.state.plateau else 1.0

    @property
    def best_epoch(self) -> int | None:
        """Epoch of the best metric; None without one."""
        return self._reaction.best_epoch if self._reaction else None

    @property
    def best_logs(self) -> dict[str, Any]:
        """Logs of the best observation; without a plateau spec, of the last epoch."""
        progress = self.state.progress
        epoch = self.best_epoch if self._reaction else progress.epoch - 1
        if progress.best_logs or epoch is None or not progress.history:
            return progress.best_logs
        return self.logs_of(epoch)  # from a checkpoint of an earlier release

    def logs_of(self, epoch: int) -> dict[str, Any]:
        """Logs of an epoch, without those that callbacks did not add in each epoch."""
        progress = self.state.progress
        whole = {name: each for name, each in progress.history.items() if len(each) == progress.epoch}
        return {name: values[epoch] for name, values in whole.items()}

    def resume(self) -> None:
        """Restores the newest checkpoint, if there is one.

        Raises:
            CheckpointError: The checkpoint belongs to a different run; see `RunStore.restore`.
        """
        # Running no step changes nothing, but builds what is only built at the first step, such as metrics.
        for loop in filter(None, (self._train, self._validate)):
            loop.begin(self._spec.batch_size)
            loop.run(0)
        self._store.restore(self.state)
        self._rate.cut_to(self.multiplier)

    def check_monitor(self) -> None:
        """Checks, after `resume`, that the monitored metric will be in the logs.

        Raises:
            ValueError: The metric is missing, or has several values.
        """
        logs: dict[str, Any] = dict.fromkeys(self._train.logs(), 0.0)
        if self._validate:
            logs |= {f"val_{name}": value for name, value in self._validate.logs().items()}
            logs |= {f"val_{name}": 0.0 for name in self._metrics}
        if self._reaction:
            self._reaction.check_monitor(logs)

    def run(
        self,
        until: int,
        callbacks: keras.callbacks.CallbackList,
        observer: Callable[[EpochEnd], None] | None,
        steps_per_call: int | None,
        batch_logs: bool,
    ) -> None:
        """Trains up to epoch `until`, unless something stops it, and restores the best weights.

        Args:
            until: Total number of epochs, including those before a resumption.
            callbacks: Callbacks, called as by Keras' `fit`.
            observer: Function to call after each epoch; may be None.
            steps_per_call: Largest number of steps per call of the compiled loop; None adapts it to the speed.
            batch_logs: Whether callbacks need the metrics after each call.
        """
        self._callbacks, self._batch_logs = callbacks, batch_logs
        self._steps_per_call, self._pace = steps_per_call, 16
        self._steps: Steps | None = Steps(self._model.optimizer)
        self._model.stop_training = False
        progress, logs = self.state.progress, {}
        added = _LastLogs()
        callbacks.callbacks.append(added)
        callbacks.on_train_begin()
        while progress.epoch < until and progress.stopped_by is None:
            began, epoch = time.perf_counter(), progress.epoch
            # For the progress bar: a larger batch takes fewer steps.
            callbacks.set_params({**callbacks.params, "steps": -(-self._train.examples // self.batch_size)})
            callbacks.on_epoch_begin(epoch)
            logs, per_second, seen = self._trained()
            with at_averages(self._model.optimizer):
                if self._validate:
                    logs |= self._validation_logs(self._validate)
                logs |= self._rate_logs(seen)
                callbacks.on_epoch_end(epoch, logs)
                logs |= {name: _plain(value) for name, value in added.logs.items() if name not in logs}
                decision = self._stopped
                if self._reaction and decision is None:
                    decision = self._reaction.observe(logs)
            if decision is not self._stopped:
                self._react(decision, logs)
            if not self._reaction:
                progress.best_logs = dict(logs)
            for name, value in logs.items():
                progress.history.setdefault(name, []).append(value)
            progress.epoch, progress.step = epoch + 1, 0
            progress.stopped_by = self._reason_to_stop(decision)
            self._store.save(self.state)
            if observer:
                seconds = time.perf_counter() - began
                observer(EpochEnd(epoch, logs, decision, self.state.plateau, seconds, per_second))
        self.restore_best()
        callbacks.on_train_end(logs)

    def restore_best(self) -> None:
        """Leaves the model with its best weights, or, without a plateau spec, with its last."""
        if self._reaction:
            self._reaction.restore_best()
        else:
            keep_averages(self._model.optimizer)

    def _trained(self) -> tuple[dict[str, Any], float, int]:
        """Trains an epoch; returns the logs, the examples per second, and the examples seen in the epoch."""
        progress = self.state.progress
        began, first, self._paused_s = time.perf_counter(), progress.step, 0.0
        if first == 0:
            self._train.reset()  # in the middle of an epoch, the checkpoint has restored the metrics
        self._train.begin(self.batch_size, first, self._spec.seed, progress.epoch)
        while progress.step < self._train.steps and not self._model.stop_training and not self._stopped:
            self._some_steps()
        logs, made = self._train.logs(), self._seen()
        seconds = time.perf_counter() - began - self._paused_s
        return logs, (made - first * self.batch_size) / seconds, made

    def _seen(self) -> int:
        """Number of examples seen in the epoch so far."""
        return min(self.state.progress.step * self.batch_size, self._train.examples)

    def _rate_logs(self, seen: int) -> dict[str, Any]:
        epoch = self.state.progress.epoch
        rate = self._rate.at_last(epoch, seen, self.batch_size)
        return {
            "learning_rate": max(rate * self.multiplier, self._rate.floor),
            "batch_size": self.batch_size,
            "examples_seen": epoch * self._train.examples + seen,
        }

    def _some_steps(self) -> None:
        progress, total = self.state.progress, self._train.steps
        until_save = self._store.steps_until_save(progress.step)
        until_observation = self._steps_until_observation()
        steps = min(self._steps_per_call or self._pace, until_observation, until_save or total)
        self._callbacks.on_train_batch_begin(progress.step)
        began = time.perf_counter()
        self._train.run(steps)
        if self._steps:
            self._steps.check()
            self._steps = None
        self._pace = max(1, int(steps * CALL_S / (time.perf_counter() - began)))
        progress.step += steps
        progress.updates += steps
        self._callbacks.on_train_batch_end(progress.step - 1, self._train.logs() if self._batch_logs else {})
        if steps == until_observation and progress.step < total:
            self._observe_within()
        # A run that stops here ends its epoch first.
        if steps == until_save and progress.step < total and not self._stopped:
            self._store.save(self.state)

    def _steps_until_observation(self) -> int:
        """Number of steps to the end of the present part of the epoch, at which the metric is observed."""
        step, total = self.state.progress.step, self._train.steps
        part = ((step + 1) * self._parts - 1) // total + 1
        return part * total // self._parts - step

    def _observe_within(self) -> None:
        """Observes the metric within an epoch, and reacts."""
        assert self._reaction
        assert self._spec.plateau
        began, logs = time.perf_counter(), self._train.logs()
        validates = self._validate if self._spec.plateau.monitor.startswith("val_") else None
        with at_averages(self._model.optimizer):
            if validates:
                metrics = copied(self._model.metrics_variables)  # which training and validation share
                logs |= self._validation_logs(validates)
                put_back(self._model.metrics_variables, metrics)
            logs |= self._rate_logs(self._seen())
            decision = self._reaction.observe(logs)
        self._react(decision, logs)
        if decision.kind == "stop":
            self._stopped = decision
        elif not validates:
            self._train.reset()  # the next observation is of the steps since this one
        self._paused_s += time.perf_counter() - began

    def _validation_logs(self, loop: Loop) -> dict[str, Any]:
        loop.reset()
        self._callbacks.on_test_begin()
        # Evaluation stores no activations for a backward pass, so a batch four times as large fits.
        loop.begin(4 * self._spec.batch_size)
        for _ in range(0, loop.steps, self._pace):
            loop.run(self._pace)
        logs = loop.logs()
        if self._metrics:
            rows = loop.recorded()
            logs |= {name: measured(name, metric, *rows) for name, metric in self._metrics.items()}
        self._callbacks.on_test_end(logs)
        return {f"val_{name}": value for name, value in logs.items()}

    def _react(self, decision: Decision | None, logs: dict[str, Any]) -> None:
        """Carries out and records a decision."""
        if not (decision and self._reaction and self._spec.plateau) or decision.kind == "continue":
            return
        self._reaction.carry_out(decision)
        self._rate.cut_to(self.multiplier)
        progress, examples = self.state.progress, self._train.examples
        seen = logs["examples_seen"] - progress.epoch * examples
        record = decision_record(
            decision,
            monitor=self._spec.plateau.monitor,
            step=progress.updates,
            examples=logs["examples_seen"],
            step_rate=self._rate.at_last(progress.epoch, seen, logs["batch_size"]),
            epoch_examples=examples,
            averaging=averaging(self._model.optimizer),
            floor=self._rate.floor,
            share=seen / examples,
        )
        progress.decisions.append(record)
        if self._store.log:
            self._store.log.append(record)

    def _reason_to_stop(self, decision: Decision | None) -> str | None:
        if decision is not None and decision.kind == "stop":
            return "plateau"
        if self._model.stop_training:
            return "callback"
        return "epochs" if self.state.progress.epoch == self._spec.epochs else None


def _plain(value: Any) -> Any:
    """A value that a callback added to the logs, as a number or list that JSON can represent."""
    return np.asarray(keras.ops.convert_to_numpy(value)).tolist() if hasattr(value, "shape") else value


class _LastLogs(keras.callbacks.Callback):
    """Keeps the logs of an epoch, with what earlier callbacks added to them."""

    logs: dict[str, Any]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Called by Keras."""
        self.logs = logs or {}
