"""A callback that sets the learning rate by a function, at the end of epochs or at regular steps."""

from collections.abc import Callable
from fractions import Fraction
from math import floor, isfinite
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.duration import parse
from reactive_schedules.errors import SpecError
from reactive_schedules.keras.optimizers import Steps, check_single, innermost
from reactive_schedules.keras.variables import number


class RateCallback(keras.callbacks.Callback):
    """Sets the learning rate to the result of a function, and logs it.

    The function is called as `function(epoch=, step=, logs=, rate=, **arguments)`, with the epoch (from 0), the
    optimizer's number of steps, the logs so far, the current learning rate, and the keyword arguments given here. Use
    `**_` to ignore arguments.

    With `steps_per_execution` above 1, the function is called at the end of each execution, once for each step that is
    due, so the calls are the same, only later.

    Args:
        function: Function that returns the new learning rate, a finite number of at least 0.
        every: Interval between calls: `1ep` (the end of each epoch), `5ep`, `0.25ep`, `100st` or a number of steps.
        **arguments: Keyword arguments for the function.

    Raises:
        SpecError: A ValueError; `every` is not a positive duration in epochs or steps, `function` is not callable or
            returned an invalid rate, or the optimizer's learning rate is a schedule or function and cannot be set.

    Fractions of an epoch need the number of steps per epoch, which Keras knows for arrays, for datasets of known
    cardinality, and if `steps_per_epoch` is given.

    Example:
        >>> halve = rs.RateCallback(lambda rate, **_: rate / 2, every="2ep")
        >>> history = model.fit(x, y, epochs=4, verbose=0, callbacks=[halve])
    """

    def __init__(self, function: Callable[..., float], every: int | str = "1ep", **arguments: Any) -> None:
        super().__init__()
        if not callable(function):
            raise SpecError(f"function: must be callable; got {function!r}")
        try:
            self._number, self._unit = parse(every)
        except ValueError as error:
            raise SpecError(f"every: {error}") from None
        if self._unit not in ("st", "ep") or self._number == 0:
            raise SpecError(f"every: must be in (0, inf) epochs (ep) or steps (st); got {every!r}")
        self.function = function
        self.arguments = arguments
        self._at_epoch_ends = self._unit == "ep" and self._number.denominator == 1

    @property
    def _optimizer(self) -> keras.optimizers.Optimizer:
        model: Any = self.model
        return model.optimizer

    def _iterations(self) -> int:
        return int(number(self._optimizer.iterations))

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Checks that the learning rate can be set."""
        optimizer = self._optimizer
        check_single(optimizer)
        rate = innermost(optimizer)._learning_rate
        if not isinstance(rate, keras.Variable):
            kind = "schedule" if isinstance(rate, LearningRateSchedule) else "function"
            raise SpecError(
                f"optimizer: learning rate is a {kind}, which cannot be set; use a number instead, or scale a "
                "schedule by a variable (rs.Scaled) and set the variable"
            )
        self._epoch = 0
        self._step = self._begun = self._iterations()
        self._steps: Steps | None = Steps(optimizer)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Remembers the first step of the epoch."""
        self._epoch = epoch
        self._begun = self._step = self._iterations()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Calls the function for each step that became due since the last call."""
        if self._at_epoch_ends:
            return
        now = self._iterations()
        for step in self._due(self._step, now):
            self._set(step, logs)
        self._step = now

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Calls the function if it is due, and logs the learning rate at the end of the epoch."""
        if self._steps:
            self._steps.check()
            self._steps = None
        used = number(self._optimizer.learning_rate)
        if self._at_epoch_ends and (epoch + 1) % self._number == 0:
            self._set(self._iterations(), logs)
        if logs is not None:
            logs["learning_rate"] = used

    def _due(self, after: int, until: int) -> list[int]:
        """Steps in (after, until] at which to call the function."""
        if self._unit == "st":
            period, begin = self._number, 0
        else:
            per_epoch = self._steps_per_epoch()
            # Due steps are multiples of the fraction, counted from the first step of this epoch and rounded.
            period, begin = self._number * per_epoch, self._begun - floor(self._epoch * per_epoch)
        first = int((after - begin) / period)
        due = []
        for k in range(first, int((until - begin) / period) + 2):
            step = begin + floor(k * period + Fraction(1, 2))
            if after < step <= until:
                due.append(step)
        return due

    def _steps_per_epoch(self) -> Fraction:
        """Steps of the optimizer in an epoch, which takes several batches for one if it accumulates gradients."""
        batches = (self.params or {}).get("steps")
        if batches is None:
            raise SpecError(
                "every: a fraction of an epoch needs the number of steps per epoch; pass steps_per_epoch to "
                "fit, set the cardinality of the dataset, or count in steps"
            )
        return Fraction(
            batches, getattr(innermost(self._optimizer), "gradient_accumulation_steps", None) or 1
        )

    def _set(self, step: int, logs: dict | None) -> None:
        optimizer = self._optimizer
        rate = self.function(
            epoch=self._epoch,
            step=step,
            logs=dict(logs or {}),
            rate=number(optimizer.learning_rate),
            **self.arguments,
        )
        try:
            value = float(rate)
        except (TypeError, ValueError):
            value = float("nan")
        if not isfinite(value) or value < 0:
            raise SpecError(f"function: must return a rate in [0, inf); got {rate!r} at step {step}")
        optimizer.learning_rate = value
