"""One training from its first epoch to its last: train, validate, observe, act, save."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from reactive_schedules.keras.optimizers import averaging
from reactive_schedules.plateau.decision import Decision
from reactive_schedules.plateau.decision_log import decision_record
from reactive_schedules.plateau.state import PlateauState
from reactive_schedules.spec.training_spec import TrainingSpec
from reactive_schedules.training.loop import Loop
from reactive_schedules.training.rate import RunRate
from reactive_schedules.training.reaction import Reaction
from reactive_schedules.training.run_state import RunState
from reactive_schedules.training.store import RunStore

CALL_S = 0.5  # what a call of the compiled loop should take, since Ctrl-C is heard between calls only


@dataclass(frozen=True)
class EpochEnd:
    """What an observer gets after each epoch, once it has been acted on.

    Attributes:
        epoch: Number of the epoch, from 0.
        logs: What the history got for this epoch.
        decision: What the plateau machine decided; None without one.
        state: State of the plateau machine afterwards; None without one.
        seconds: Time of the epoch in this process, from its first step until its checkpoint is on the way.
        examples_per_second: Speed of the training alone, without validation.

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
    """Holds the pieces of a training together; `reactive_schedules.fit` makes them.

    Args:
        model: Compiled and built model; its optimizer has the rate's schedule, and is built.
        spec: Training spec.
        train: Loop over the training examples.
        validate: Loop over the validation examples; None does not validate.
        rate: Learning rate of the run.
        store: Where the run is saved.
    """

    def __init__(
        self,
        model: keras.Model,
        spec: TrainingSpec,
        train: Loop,
        validate: Loop | None,
        rate: RunRate,
        store: RunStore,
    ) -> None:
        self._model, self._spec, self._rate, self._store = model, spec, rate, store
        self._train, self._validate = train, validate
        self.state = RunState(model)
        self._reaction = spec.plateau and Reaction(
            model, spec.plateau, self.state, spec.batch_size, train.examples
        )

    @property
    def batch_size(self) -> int:
        """Batch size of the epoch at hand, in examples."""
        return self.state.plateau.batch_size if self.state.plateau else self._spec.batch_size

    @property
    def multiplier(self) -> float:
        """Factor on the family's rate: what the cuts have come to."""
        return self.state.plateau.multiplier if self.state.plateau else 1.0

    def resume(self) -> None:
        """Goes to where the newest checkpoint is, or stays at the start if there is none.

        Raises:
            CheckpointError: The checkpoint belongs to a different training; see `RunStore.restore`.
        """
        # No step changes nothing, but builds what is only built at the first one, such as metrics.
        for loop in filter(None, (self._train, self._validate)):
            loop.begin(self._spec.batch_size)
            loop.run(0)
        self._store.restore(self.state)
        self._rate.cut_to(self.multiplier)

    def check_monitor(self) -> None:
        """Makes sure that what is to be monitored is in the logs, as far as this is known after `resume`.

        Raises:
            ValueError: It is not.
        """
        logs: dict[str, Any] = dict.fromkeys(self._train.logs(), 0.0)
        if self._validate:
            logs |= {f"val_{name}": value for name, value in self._validate.logs().items()}
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
        """Trains until `until` epochs are done in all or something stops it; ends with the best weights.

        Args:
            until: Epochs, counted from the very first.
            callbacks: Callbacks, told of the training as by Keras' `fit`.
            observer: Function called after each epoch; may be None.
            steps_per_call: Most steps in one call of the compiled loop; None finds a number.
            batch_logs: Whether callbacks want the metrics after each call.
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
            callbacks.set_params({**callbacks.params, "steps": -(-self._train.examples // self.batch_size)})
            callbacks.on_epoch_begin(epoch)
            logs, per_second = self._epoch()
            callbacks.on_epoch_end(epoch, logs)
            logs |= {name: value for name, value in added.logs.items() if name not in logs}
            decision = self._react(logs)
            for name, value in logs.items():
                progress.history.setdefault(name, []).append(value)
            progress.epoch, progress.step = epoch + 1, 0
            progress.stopped_by = self._reason_to_stop(decision)
            self._store.save(self.state)
            if observer:
                seconds = time.perf_counter() - began
                observer(EpochEnd(epoch, logs, decision, self.state.plateau, seconds, per_second))
        if self._reaction:
            self._reaction.restore_best()
        else:
            # As in Keras' fit: an optimizer that averages weights gives the average.
            self._model.optimizer.finalize_variable_values(self._model.trainable_weights)
        callbacks.on_train_end(logs)

    def _epoch(self) -> tuple[dict[str, Any], float]:
        """Trains and validates; returns the logs, and the examples per second of the training."""
        progress, examples = self.state.progress, self._train.examples
        began, first = time.perf_counter(), progress.step
        if first == 0:
            self._train.reset()  # else their values came with the checkpoint
        self._train.begin(self.batch_size, first, self._spec.seed, progress.epoch)
        while progress.step < self._train.steps and not self._model.stop_training:
            self._some_steps()
        logs, made = self._train.logs(), min(progress.step * self.batch_size, examples)
        per_second = (made - first * self.batch_size) / (time.perf_counter() - began)
        if self._validate:
            logs |= self._validation_logs(self._validate)
        logs["learning_rate"] = self._rate.at_end(progress.epoch, self.batch_size) * self.multiplier
        logs["batch_size"] = self.batch_size
        logs["examples_seen"] = progress.epoch * examples + made
        return logs, per_second

    def _some_steps(self) -> None:
        progress, total = self.state.progress, self._train.steps
        until_save = self._store.steps_until_save(progress.step)
        steps = min(self._steps_per_call or self._pace, total - progress.step, until_save or total)
        self._callbacks.on_train_batch_begin(progress.step)
        began = time.perf_counter()
        self._train.run(steps)
        self._pace = max(1, int(steps * CALL_S / (time.perf_counter() - began)))
        progress.step += steps
        progress.updates += steps
        self._callbacks.on_train_batch_end(progress.step - 1, self._train.logs() if self._batch_logs else {})
        if steps == until_save and progress.step < total:
            self._store.save(self.state)

    def _validation_logs(self, loop: Loop) -> dict[str, Any]:
        loop.reset()
        self._callbacks.on_test_begin()
        # Evaluation keeps no activations for a backward pass, so four times the batch fits.
        loop.begin(4 * self._spec.batch_size)
        for _ in range(0, loop.steps, self._pace):
            loop.run(self._pace)
        logs = loop.logs()
        self._callbacks.on_test_end(logs)
        return {f"val_{name}": value for name, value in logs.items()}

    def _react(self, logs: dict[str, Any]) -> Decision | None:
        """Observes the epoch, and carries out and records what is decided."""
        if not (self._reaction and self._spec.plateau):
            return None
        batch_size = self.batch_size
        decision = self._reaction.observe(logs)
        if decision.kind == "continue":
            return decision
        self._reaction.carry_out(decision)
        self._rate.cut_to(self.multiplier)
        record = decision_record(
            decision,
            monitor=self._spec.plateau.monitor,
            step=self.state.progress.updates,
            examples=logs["examples_seen"],
            step_rate=self._rate.at_end(self.state.progress.epoch, batch_size),
            epoch_examples=self._train.examples,
            averaging=averaging(self._model.optimizer),
        )
        self.state.progress.decisions.append(record)
        if self._store.log:
            self._store.log.append(record)
        return decision

    def _reason_to_stop(self, decision: Decision | None) -> str | None:
        if decision is not None and decision.kind == "stop":
            return "plateau"
        if self._model.stop_training:
            return "callback"
        return "epochs" if self.state.progress.epoch == self._spec.epochs else None


class _LastLogs(keras.callbacks.Callback):
    """Keeps what the callbacks before it have made of an epoch's logs."""

    logs: dict[str, Any]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Called by Keras."""
        self.logs = logs or {}
