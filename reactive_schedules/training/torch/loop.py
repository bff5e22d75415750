"""Training and evaluation steps of Keras on PyTorch, one after the other.

They are not compiled unless the model is (`jit_compile=True`), as in Keras' own `fit`.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import torch

from reactive_schedules.keras.variables import copied, put_back
from reactive_schedules.training.arrays import ArraySource
from reactive_schedules.training.calls import calls, predictions
from reactive_schedules.training.rate import RunRate
from reactive_schedules.training.source import Source


class StepLoop:
    """Runs `model.train_step` or `model.test_step` over one epoch of a source, in parts.

    Args:
        model: Compiled and built model, whose `jit_compile` is respected.
        source: Source of the examples, whose batches are nests of arrays or tensors.
        rate: Learning rate of the run; None evaluates.
        records: Whether to record labels, predictions and weights.
    """

    def __init__(
        self, model: keras.Model, source: Source, rate: RunRate | None = None, records: bool = False
    ) -> None:
        self._model, self._source, self._rate, self._records = model, source, rate, records
        self.examples = int(source.examples)
        name = "test_step" if rate is None else "train_step"
        self._is_plain = getattr(type(model), name) is getattr(keras.Model, name)
        step: Callable = getattr(model, name)
        self._step = torch.compile(step) if model.jit_compile and not model.run_eagerly else step

    def reset(self) -> None:
        """Resets the metrics of the model."""
        self._model.reset_metrics()

    def begin(self, batch_size: int, first_step: int = 0, seed: int = 0, epoch: int | None = None) -> None:
        """Starts an epoch; see `Loop.begin`."""
        self.steps = -(-self.examples // batch_size)
        self._batch_size, self._next, self._epoch = batch_size, first_step, epoch or 0
        self._rows: list[Any] = []
        self._feed, self._batches = self._open(first_step, seed, epoch), None

    def run(self, steps: int) -> None:
        """Runs the next `steps` steps; 0 only finds out what the logs will hold."""
        last = min(self._next + steps, self.steps)
        trains = self._rate is not None
        self._model.train(trains)  # for layers of PyTorch, as in Keras' own fit
        with torch.set_grad_enabled(trains), self._without_results():
            if last == self._next and not self._is_plain:
                self._try()
            while self._next < last:
                if self._rate is not None:
                    clock = self._rate.clock
                    clock.step.assign(clock.at(self._epoch, self._next * self._batch_size))
                self._logs = self._take(self._batch())
                self._next += 1
        self._model.train(False)
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # the run adapts the number of steps to their time

    def logs(self) -> dict[str, Any]:
        """See `Loop.logs`."""
        metrics = self._model.get_metrics_result()
        found = metrics if self._is_plain or metrics.keys() == self._logs.keys() else self._logs
        return {name: np.asarray(keras.ops.convert_to_numpy(value)).tolist() for name, value in found.items()}

    def recorded(self) -> tuple[Any, Any, Any]:
        """See `Loop.recorded`."""
        whole: Any = keras.tree.map_structure(lambda *rows: np.concatenate(rows), *self._rows)
        return whole["labels"], whole["predictions"], whole.get("weights")

    @contextlib.contextmanager
    def _without_results(self) -> Iterator[None]:
        """Leaves out the results of the metrics that Keras' own steps return each time, which `logs` has anyway."""
        attributes = self._model.__dict__
        if not self._is_plain or "get_metrics_result" in attributes or self._model.jit_compile:
            yield
            return
        attributes["get_metrics_result"] = dict
        try:
            yield
        finally:
            del attributes["get_metrics_result"]

    def _open(self, first_step: int, seed: int, epoch: int | None) -> Any:
        return self._source.batches(self._batch_size, first_step * self._batch_size, seed, epoch)

    def _batch(self) -> Any:
        """The next batch, as tensors."""
        if self._batches is None:
            self._batches = iter(self._feed)
        return _tensors(next(self._batches))

    def _take(self, batch: Any) -> dict[str, Any]:
        """Takes a step; returns its logs."""
        if not self._records:
            return self._step(batch)
        x, y, *weight = batch
        with calls(self._model) as made:
            logs = self._step(batch)
        rows = {"labels": y, "predictions": predictions(self._model, x, made)}
        rows |= {"weights": weight[0]} if weight else {}
        self._rows.append(keras.tree.map_structure(keras.ops.convert_to_numpy, rows))
        return logs

    def _try(self) -> None:
        """Takes a step of the user's and takes it back, for the names in the logs and metrics not yet made."""
        model, random = self._model, torch.get_rng_state()
        slots = [] if self._rate is None else model.optimizer.variables
        variables = [*model.variables, *slots, *model.metrics_variables]
        values = copied(variables)
        self._logs = self._step(_tensors(next(iter(self._source.batches(1, 0, 0, None)))))
        put_back(variables, values)
        torch.set_rng_state(random)
        model.reset_metrics()


class ArrayLoop(StepLoop):
    """A `StepLoop` for arrays, which are on the device."""

    def __init__(
        self, model: keras.Model, source: ArraySource, rate: RunRate | None = None, records: bool = False
    ) -> None:
        super().__init__(model, source, rate, records)
        self._arrays, self._order = _tensors(source.arrays), source.order

    def _open(self, first_step: int, seed: int, epoch: int | None) -> Any:
        return _tensors(self._order(seed, epoch))

    def _batch(self) -> Any:
        first = self._next * self._batch_size
        chosen = self._feed[first : first + self._batch_size]
        return keras.tree.map_structure(lambda array: array[chosen], self._arrays)


def _tensors(nest: Any) -> Any:
    return keras.tree.map_structure(keras.ops.convert_to_tensor, nest)
