"""One training from its first epoch to its last: train, validate, observe, act, save."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from reactive_schedules.families import Family
from reactive_schedules.keras.clock import Clock
from reactive_schedules.keras.optimizers import averaging
from reactive_schedules.keras.variables import copied, put_back
from reactive_schedules.plateau.decision_log import DecisionLog, decision_record
from reactive_schedules.plateau.machine import Decision, PlateauSpec, PlateauState, observe
from reactive_schedules.training.checkpoint import CheckpointError, Checkpoints
from reactive_schedules.training.loop import Loop
from reactive_schedules.training.run_state import RunState

CALL_S = 0.5  # what a call of the compiled loop should take, since Ctrl-C is heard between calls only


@dataclass(frozen=True)
class EpochEnd:
    """What an observer gets after each epoch, once it has been acted on.

    Fields:
        epoch: counted from 0.
        logs: what the history got for this epoch.
        decision: what the plateau machine decided; None without one.
        state: the plateau machine's state afterwards; None without one.
        seconds: of the epoch in this process, from its first step until its checkpoint is on the way.
        examples_per_second: in training alone, without validation.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.01}, "epochs": 2})
        >>> _ = rs.fit(model, (x, y), None, spec, on_epoch=lambda end: print(end.epoch, end.logs["batch_size"]))
        0 32
        1 32
    """

    epoch: int
    logs: dict[str, float]
    decision: Decision | None
    state: PlateauState | None
    seconds: float
    examples_per_second: float


class TrainingRun:
    """Holds the pieces of a training together; `rs.fit` makes them.

    Args:
        model: compiled and built, as is its optimizer.
        train, validate: loops over the training and the validation examples; the latter may be None.
        examples: in one training epoch.
        clock, multiplier: what the optimizer's learning rate depends on.
        schedule: the step schedule's family, resolved; without the multiplier.
        plateau: when and how to react; None never does.
        batch_size, seed, epochs: of the whole training.
        checkpoints: where to save; None does not.
        checkpoint_every: training steps after which to save inside epochs; None saves only between them.
        identity: what a checkpoint must agree in to be gone on with.
        log: where decisions go as they are made; None keeps them in memory alone.
    """

    def __init__(
        self,
        model: keras.Model,
        train: Loop,
        validate: Loop | None,
        *,
        examples: int,
        clock: Clock,
        multiplier: keras.Variable,
        schedule: Family,
        plateau: PlateauSpec | None,
        batch_size: int,
        seed: int,
        epochs: int,
        checkpoints: Checkpoints | None,
        checkpoint_every: int | None,
        identity: dict,
        log: DecisionLog | None,
    ):
        self._model, self._train, self._validate = model, train, validate
        self._examples, self._clock, self._multiplier, self._schedule = examples, clock, multiplier, schedule
        self._plateau, self._batch_size, self._seed, self._epochs = plateau, batch_size, seed, epochs
        self._checkpoints, self._every, self._identity, self._log = (
            checkpoints,
            checkpoint_every,
            identity,
            log,
        )
        self.state = RunState(model, plateau and PlateauState.start(plateau, batch_size, examples))
        self._initial_slots = copied(model.optimizer.variables)
        if plateau:
            self._remember_best()  # where a NaN in the first epoch goes back to

    @property
    def batch_size(self) -> int:
        """The batch size of the epoch at hand, in examples."""
        return self.state.plateau.batch_size if self.state.plateau else self._batch_size

    def resume(self) -> None:
        """Goes to where the newest checkpoint is, or stays at the start if there is none.

        Raises:
            CheckpointError: if it belongs to a training with another spec, number of examples or shapes of weights.
        """
        # No step changes nothing, but builds what is only built at the first one, such as metrics.
        for loop in filter(None, (self._train, self._validate)):
            loop.begin(self._batch_size)
            loop.run(0)
        found = self._checkpoints.load() if self._checkpoints else None
        if found:
            arrays, record = found
            self._check_identity(record.pop("identity"))
            try:
                self.state.unpack(arrays, record)
            except ValueError as error:
                raise CheckpointError(f"{self._checkpoints.directory}: {error}") from None
        if self.state.plateau:
            self._multiplier.assign(self.state.plateau.multiplier)
        if self._log:
            self._log.rewrite(self.state.progress.decisions)

    def run(
        self,
        until: int,
        callbacks: keras.callbacks.CallbackList,
        observer: Callable[[EpochEnd], None] | None,
        steps_per_call: int | None,
        batch_logs: bool,
    ) -> None:
        """Trains until `until` epochs are done in all or something stops it; ends with the best weights.

        Args:
            until: epochs, counted from the very first.
            callbacks: told of the training as by Keras' `fit`.
            observer: called after each epoch; may be None.
            steps_per_call: at most so many steps in one call of the compiled loop; None finds a number.
            batch_logs: whether callbacks want the metrics after each call.
        """
        self._callbacks, self._batch_logs = callbacks, batch_logs
        self._steps_per_call, self._pace = steps_per_call, 16
        self._model.stop_training = False
        progress, logs = self.state.progress, {}
        added = _LastLogs()
        callbacks.callbacks.append(added)
        callbacks.on_train_begin()
        while progress.epoch < until and progress.stopped_by is None:
            began, epoch = time.perf_counter(), progress.epoch
            # The progress bar counts to them, and a larger batch makes fewer.
            callbacks.set_params({**callbacks.params, "steps": -(-self._examples // self.batch_size)})
            callbacks.on_epoch_begin(epoch)
            logs, per_second = self._epoch()
            callbacks.on_epoch_end(epoch, logs)
            logs |= {name: value for name, value in added.logs.items() if name not in logs}
            decision = self._observe(logs)
            self._act(decision, logs)
            for name, value in logs.items():
                progress.history.setdefault(name, []).append(value)
            progress.epoch, progress.step = epoch + 1, 0
            progress.stopped_by = self._reason_to_stop(decision)
            self._save()
            if observer:
                seconds = time.perf_counter() - began
                observer(EpochEnd(epoch, logs, decision, self.state.plateau, seconds, per_second))
        if self._plateau:
            put_back(self._model.weights, self.state.best)
        else:
            # As in Keras' fit: an optimizer that averages weights gives the average.
            self._model.optimizer.finalize_variable_values(self._model.trainable_weights)
        callbacks.on_train_end(logs)

    def _epoch(self) -> tuple[dict[str, float], float]:
        progress, began, first = self.state.progress, time.perf_counter(), self.state.progress.step
        if first == 0:
            self._train.reset()  # else their values came with the checkpoint
        self._train.begin(self.batch_size, first, self._seed, progress.epoch)
        while progress.step < self._train.steps and not self._model.stop_training:
            self._some_steps()
        logs, made = self._train.logs(), min(progress.step * self.batch_size, self._examples)
        per_second = (made - first * self.batch_size) / (time.perf_counter() - began)
        if self._validate:
            logs |= self._validation_logs()
        last_step = self._clock.last(progress.epoch, self._examples, self.batch_size)
        self._step_rate = float(self._schedule(last_step))
        logs["learning_rate"] = self._step_rate * self.scale
        logs["batch_size"] = self.batch_size
        logs["examples_seen"] = progress.epoch * self._examples + made
        return logs, per_second

    def _some_steps(self) -> None:
        progress, total = self.state.progress, self._train.steps
        steps = min(self._steps_per_call or self._pace, total - progress.step)
        if self._every:
            steps = min(steps, self._every - progress.step % self._every)
        self._callbacks.on_train_batch_begin(progress.step)
        began = time.perf_counter()
        self._train.run(steps)
        self._pace = max(1, int(steps * CALL_S / (time.perf_counter() - began)))
        progress.step += steps
        progress.updates += steps
        self._callbacks.on_train_batch_end(progress.step - 1, self._train.logs() if self._batch_logs else {})
        if self._every and progress.step % self._every == 0 and progress.step < total:
            self._save()

    def _validation_logs(self) -> dict[str, float]:
        self._validate.reset()
        self._callbacks.on_test_begin()
        # Evaluation keeps no activations for a backward pass, so four times the batch fits.
        self._validate.begin(4 * self._batch_size)
        for _ in range(0, self._validate.steps, self._pace):
            self._validate.run(self._pace)
        logs = self._validate.logs()
        self._callbacks.on_test_end(logs)
        return {f"val_{name}": value for name, value in logs.items()}

    @property
    def scale(self) -> float:
        """What the step schedule's rate is multiplied by."""
        return self.state.plateau.multiplier if self.state.plateau else 1.0

    def _observe(self, logs: dict[str, float]) -> Decision | None:
        if self._plateau is None:
            return None
        self._check_monitor(logs)
        self.state.plateau, decision = observe(self.state.plateau, logs[self._plateau.monitor])
        if decision.improved:
            self._remember_best()
        return decision

    def check_monitor(self) -> None:
        """Makes sure that what is to be monitored is in the logs, as far as this is known after `resume`.

        Raises:
            ValueError: it is not.
        """
        logs = {name: 0.0 for name in self._train.logs()}
        if self._validate:
            logs |= {f"val_{name}": value for name, value in self._validate.logs().items()}
        if self._plateau:
            self._check_monitor(logs)

    def _check_monitor(self, logs: dict[str, Any]) -> None:
        monitor = self._plateau.monitor
        if monitor not in logs:
            raise ValueError(
                f"plateau.monitor: {monitor!r} is not among the logs; choose one of {sorted(logs)}"
            )
        if isinstance(logs[monitor], list):
            raise ValueError(f"plateau.monitor: {monitor!r} has several values; choose a metric with one")

    def _act(self, decision: Decision | None, logs: dict[str, float]) -> None:
        if decision is None or decision.kind == "continue":
            return
        if decision.restore:
            put_back(self._model.weights, self.state.best)
        if decision.acts:
            self._change_slots(decision)
            self._multiplier.assign(decision.new_multiplier)
        record = decision_record(
            decision,
            monitor=self._plateau.monitor,
            step=self.state.progress.updates,
            examples=logs["examples_seen"],
            step_rate=self._step_rate,
            epoch_examples=self._examples,
            averaging=averaging(self._model.optimizer),
        )
        self.state.progress.decisions.append(record)
        if self._log:
            self._log.append(record)

    def _change_slots(self, decision: Decision) -> None:
        slots = self._plateau.slots
        if slots == "keep" and decision.broken:
            slots = "reset"  # what made the metric NaN is in the momentum, too
        if slots != "keep":
            values = self._initial_slots if slots == "reset" else self.state.best_slots
            put_back(self._model.optimizer.variables, values)

    def _remember_best(self) -> None:
        self.state.best = copied(self._model.weights)
        if self._plateau.slots == "restore":
            self.state.best_slots = copied(self._model.optimizer.variables)

    def _reason_to_stop(self, decision: Decision | None) -> str | None:
        if decision is not None and decision.kind == "stop":
            return "plateau"
        if self._model.stop_training:
            return "callback"
        return "epochs" if self.state.progress.epoch == self._epochs else None

    def _save(self) -> None:
        if self._checkpoints:
            arrays, record = self.state.pack()
            self._checkpoints.save(arrays, {"identity": self._identity, **record})

    def _check_identity(self, saved: dict) -> None:
        for name, value in self._identity.items():
            earlier = saved.get(name)
            if earlier != value:
                if isinstance(value, dict) and isinstance(earlier, dict):
                    name, earlier, value = _difference(name, earlier, value)
                raise CheckpointError(
                    f"{self._checkpoints.directory}: was saved with {name} {earlier!r}, "
                    f"this training has {value!r}; give it a folder of its own"
                )


class _LastLogs(keras.callbacks.Callback):
    """Keeps what the callbacks before it have made of an epoch's logs."""

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        self.logs = logs


def _difference(name: str, one: dict, other: dict) -> tuple[str, Any, Any]:
    """The first key in which two settings differ, as a path, and its values."""
    key = next(key for key in [*one, *other] if one.get(key) != other.get(key))
    values = one.get(key), other.get(key)
    if all(isinstance(value, dict) for value in values):
        return _difference(f"{name}.{key}", *values)
    return f"{name}.{key}", *values
