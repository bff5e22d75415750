"""A learning rate set by any function, at epoch ends, every so many steps, or every fraction of an epoch."""

from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.duration import parse
from reactive_schedules.errors import SpecError
from reactive_schedules.keras.optimizers import innermost


class RateCallback(keras.callbacks.Callback):
    """Sets the learning rate to what a function returns, and logs it.

    The function is called as `function(epoch=, step=, logs=, rate=, **arguments)`: the epoch (from 0), the
    number of steps taken since the optimizer was made, the logs so far, the present rate, and the caller's
    own keyword arguments. Parameters it does not need go into `**_`.

    With `steps_per_execution` above 1 the function is called at the end of the execution in which a step fell
    due, once per due step, so that the same calls are made, only later.

    Args:
        function: returns the new rate, a finite number of 0 or more.
        every: when to call it: `1ep` (epoch ends), `5ep`, `0.25ep`, `100st` or an integer of steps.
        **arguments: passed on to the function.

    Raises:
        SpecError: a ValueError; `every` is not a positive duration in epochs or steps, `function` is not
            callable or returned no rate, or the optimizer's rate is a schedule or a function and cannot be set.

    Fractions of an epoch need the number of steps in an epoch, which Keras knows for arrays and for data
    sets of known cardinality, or when `steps_per_epoch` is given.

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

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Checks that the rate can be set."""
        optimizer = self._optimizer
        rate = innermost(optimizer)._learning_rate
        if not isinstance(rate, keras.Variable):
            kind = "schedule" if isinstance(rate, LearningRateSchedule) else "function"
            raise SpecError(
                f"optimizer: its learning rate is a {kind}, which cannot be set; give it a number instead, "
                "or multiply a schedule by a variable (rs.Scaled) and set that"
            )
        self._epoch = 0
        self._step = self._begun = int(optimizer.iterations)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Notes where the epoch begins."""
        self._epoch = epoch
        self._begun = self._step = int(self._optimizer.iterations)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Calls the function for every step that fell due since the last call."""
        if self._at_epoch_ends:
            return
        now = int(self._optimizer.iterations)
        for step in self._due(self._step, now):
            self._set(step, logs)
        self._step = now

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Calls the function if it is due, and logs the rate that the epoch ended with."""
        used = float(self._optimizer.learning_rate)
        if self._at_epoch_ends and (epoch + 1) % self._number == 0:
            self._set(int(self._optimizer.iterations), logs)
        if logs is not None:
            logs["learning_rate"] = used

    def _due(self, after: int, until: int) -> list[int]:
        """Steps in (after, until] at which the function is to be called."""
        if self._unit == "st":
            period, begin = self._number, 0
        else:
            per_epoch = (self.params or {}).get("steps")
            if per_epoch is None:
                raise SpecError(
                    "every: a fraction of an epoch needs the number of steps in it; pass steps_per_epoch to "
                    "fit, give the data set its cardinality, or count in steps"
                )
            # Boundaries count from this epoch's first step: k fractions of an epoch, to the nearest step.
            period, begin = self._number * per_epoch, self._begun - self._epoch * per_epoch
        first = int((after - begin) / period)
        due = []
        for k in range(first, int((until - begin) / period) + 2):
            step = begin + int(k * period + Fraction(1, 2))
            if after < step <= until:
                due.append(step)
        return due

    def _set(self, step: int, logs: dict | None) -> None:
        optimizer = self._optimizer
        rate = self.function(
            epoch=self._epoch,
            step=step,
            logs=dict(logs or {}),
            rate=float(optimizer.learning_rate),
            **self.arguments,
        )
        try:
            value = float(rate)
        except (TypeError, ValueError):
            value = float("nan")
        if not isfinite(value) or value < 0:
            raise SpecError(f"function: must return a rate in [0, inf); got {rate!r} at step {step}")
        optimizer.learning_rate = value
