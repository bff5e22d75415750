"""Compiled functions that run any number of training or evaluation steps per call.

The loop over the steps is compiled with Keras' stateless step, except for convolutions on the CPU, which XLA computes
ten times slower inside a loop than outside. Its arguments are the variables, the data, the steps to
do, and the multiplier of the learning rate, so a cut never traces it again. The size of a batch is part of the
compiled function: a new size, such as that of a grown batch or of the rest at the end of an epoch, is one more trace.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from reactive_schedules.keras.traced import arguments
from reactive_schedules.training.arrays import ArraySource
from reactive_schedules.training.rate import RunRate
from reactive_schedules.training.source import Source

State = tuple[list[Any], ...]


class StepLoop:
    """Runs `model.train_step` or `model.test_step` over one epoch of a source, in parts.

    Args:
        model: Compiled and built model, whose `run_eagerly` is respected.
        source: Source of the examples, whose batches are nests of arrays.
        rate: Learning rate of the run; None evaluates.
        records: Whether to record labels, predictions and weights.
    """

    def __init__(
        self, model: keras.Model, source: Source, rate: RunRate | None = None, records: bool = False
    ) -> None:
        self._model, self._source, self._rate, self._records = model, source, rate, records
        self.examples = int(source.examples)
        self._step = model.test_step if rate is None else model.train_step
        name = "test_step" if rate is None else "train_step"
        self._is_plain = getattr(type(model), name) is getattr(keras.Model, name)
        self._one = jax.jit(self._take)

    def reset(self) -> None:
        """Resets the metrics of the model."""
        self._model.reset_metrics()

    def begin(self, batch_size: int, first_step: int = 0, seed: int = 0, epoch: int | None = None) -> None:
        """Starts an epoch; see `Loop.begin`."""
        self.steps = -(-self.examples // batch_size)
        self._batch_size, self._next, self._epoch = batch_size, first_step, epoch or 0
        self._rows: list[Any] = []
        self._feed = self._open(first_step, seed, epoch)

    def run(self, steps: int) -> None:
        """Runs the next `steps` steps; 0 only finds out what the logs will hold."""
        last = min(self._next + steps, self.steps)
        with jax.disable_jit(self._model.run_eagerly):
            if last == self._next:
                self._logs = self._made_by_a_step()
                self._names_in_order = [*self._logs]
            while self._next < last:
                self._next += self._some(last - self._next)
        if self._rate is not None and steps:
            example = (self._next - 1) * self._batch_size
            self._rate.clock.step.assign(self._rate.clock.at(self._epoch, example))

    def logs(self) -> dict[str, Any]:
        """See `Loop.logs`."""
        # JAX sorts the names.
        names = sorted(self._logs, key=self._names_in_order.index)
        return {name: np.asarray(self._logs[name]).tolist() for name in names}

    def recorded(self) -> tuple[Any, Any, Any]:
        """See `Loop.recorded`."""
        whole: Any = keras.tree.map_structure(lambda *rows: np.concatenate(rows), *self._rows)
        return whole["labels"], whole["predictions"], whole.get("weights")

    def _open(self, first_step: int, seed: int, epoch: int | None) -> Any:
        return iter(self._source.batches(self._batch_size, first_step * self._batch_size, seed, epoch))

    def _some(self, steps: int) -> int:
        """Takes some of the steps; returns their number."""
        batch = next(self._feed)
        state, self._logs, predictions = self._one(self._state(), batch, self._place(self._next))
        self._assign(state)
        if self._records:
            _, y, *weight = batch
            rows = {"labels": y, "predictions": predictions, **({"weights": weight[0]} if weight else {})}
            self._rows.append(keras.tree.map_structure(np.asarray, rows))
        return 1

    def _take(self, state: State, batch: Any, place: dict[str, Any]) -> tuple[State, Any, Any]:
        """Takes one step; returns the new state, the logs, and the predictions if they are recorded."""
        predictions = None
        if self._records:
            # The compiler does the forward pass of the test step, which is the same, only once.
            training = {"training": False} if self._model._call_has_training_arg else {}
            predictions = self._model.stateless_call(state[0], state[1], batch[0], **training)[0]
        with self._scheduled(place):
            logs, state = self._step(state, batch)
        state = tuple(list(part) for part in state)
        return state, self._results(state) if self._is_plain else logs, predictions

    @contextlib.contextmanager
    def _scheduled(self, place: dict[str, Any]) -> Iterator[None]:
        rate = self._rate
        if rate is None:
            yield
            return
        step = rate.clock.at(place["epoch"], place["example"])
        with arguments((rate.clock.step, step), (rate.cuts, place["multiplier"])):
            yield

    def _results(self, state: State) -> dict[str, Any]:
        """The results of the metrics."""
        pairs = zip(self._model.metrics_variables, state[-1], strict=True)
        with keras.StatelessScope(state_mapping=list(pairs)):
            return self._model.get_metrics_result()

    def _made_by_a_step(self) -> dict[str, Any]:
        if self._is_plain:
            return self._model.get_metrics_result()
        one = next(iter(self._source.batches(1, 0, 0, None)))
        _, logs, _ = jax.eval_shape(self._take, self._state(), one, self._place(0))
        return {name: np.zeros(value.shape) for name, value in logs.items()}

    def _place(self, step: int) -> dict[str, Any]:
        """Where in the run a step is, and the multiplier of its rate."""
        multiplier = 1.0 if self._rate is None else self._rate.cuts.value
        return {
            "epoch": np.int32(self._epoch),
            "example": np.int32(step * self._batch_size),
            "multiplier": multiplier,
        }

    def _groups(self) -> list[list[keras.Variable]]:
        model = self._model
        slots = [] if self._rate is None else [model.optimizer.variables]
        return [model.trainable_variables, model.non_trainable_variables, *slots, model.metrics_variables]

    def _state(self) -> State:
        return tuple([variable.value for variable in group] for group in self._groups())

    def _assign(self, state: State) -> None:
        # The loop adapts the number of steps to their time, and a step must be over before the next is counted.
        jax.block_until_ready(state)
        for group, values in zip(self._groups(), state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)


class ArrayLoop(StepLoop):
    """A `StepLoop` for arrays, which are on the device: the compiled function slices the batches."""

    def __init__(
        self, model: keras.Model, source: ArraySource, rate: RunRate | None = None, records: bool = False
    ) -> None:
        super().__init__(model, source, rate, records)
        arrays: Any = keras.tree.map_structure(jnp.asarray, source.arrays)
        self._arrays, self._order = arrays, source.order
        self._stepwise = jax.default_backend() == "cpu" and self._convolves()
        self._several = jax.jit(self._take_several, static_argnames="size")

    def _open(self, first_step: int, seed: int, epoch: int | None) -> Any:
        return jnp.asarray(self._order(seed, epoch), "int32")

    def _some(self, steps: int) -> int:
        full = self.examples // self._batch_size
        if self._next < full:
            size, steps = self._batch_size, min(steps, full - self._next)
        else:
            size, steps = self.examples % self._batch_size, 1
        if self._records and not self._rows:
            self._rows = [self._no_rows()]
        state, feed = self._state(), (self._arrays, self._feed)
        for first, count in [(i, 1) for i in range(steps)] if self._stepwise else [(0, steps)]:
            place = {**self._place(self._next + first), "count": np.int32(count)}
            state, self._logs, self._rows = self._several(state, feed, place, self._rows, size=size)
        self._assign(state)
        return steps

    def recorded(self) -> tuple[Any, Any, Any]:
        """See `Loop.recorded`."""
        arrays: Any = keras.tree.map_structure(np.asarray, self._arrays)
        _, labels, *weight = arrays
        predictions = keras.tree.map_structure(np.asarray, self._rows[0])
        return labels, predictions, weight[0] if weight else None

    def _take_several(
        self, state: State, feed: Any, place: dict[str, Any], rows: list[Any], *, size: int
    ) -> Any:
        def one(number: Any, state: State) -> tuple[State, Any, Any, Any]:
            arrays, order = feed
            first = place["example"] + number * size
            chosen = jax.lax.dynamic_slice(order, [first], [size])
            batch = keras.tree.map_structure(lambda array: jnp.take(array, chosen, axis=0), arrays)
            return *self._take(state, batch, {**place, "example": first}), first

        def body(number: Any, carry: Any) -> Any:
            state, logs, rows = carry
            new, made, predictions, first = one(number, state)
            # Types as before, which a loop demands and a user's own step may not keep.
            state = jax.tree.map(lambda value, earlier: jnp.asarray(value, earlier.dtype), new, state)
            if rows:
                rows = [jax.tree.map(lambda into, some: _written(into, some, first), rows[0], predictions)]
            return state, logs if self._is_plain else made, rows

        logs = None
        if self._stepwise:
            new, made, predictions, first = one(0, state)
            if rows:
                rows = [jax.tree.map(lambda into, some: _written(into, some, first), rows[0], predictions)]
            return new, made, rows
        if not self._is_plain:
            shapes = jax.eval_shape(lambda state: one(0, state)[1], state)
            logs = jax.tree.map(lambda shape: jnp.zeros(shape.shape, shape.dtype), shapes)
        state, logs, rows = jax.lax.fori_loop(0, place["count"], body, (state, logs, rows))
        return state, self._results(state) if self._is_plain else logs, rows

    def _convolves(self) -> bool:
        """Whether the model computes convolutions."""
        return "conv_general_dilated" in str(jax.make_jaxpr(self._predicted)(self._first()))

    def _first(self) -> Any:
        """The inputs of the first example, as a batch."""
        return keras.tree.map_structure(lambda array: array[:1], self._arrays[0])

    def _predicted(self, x: Any) -> Any:
        training = {"training": False} if self._model._call_has_training_arg else {}
        state = self._state()
        return self._model.stateless_call(state[0], state[1], x, **training)[0]

    def _no_rows(self) -> Any:
        shapes = jax.eval_shape(self._predicted, self._first())
        return jax.tree.map(lambda one: jnp.zeros((self.examples, *one.shape[1:]), one.dtype), shapes)


def _written(into: Any, rows: Any, first: Any) -> Any:
    return jax.lax.dynamic_update_slice(into, rows, (first, *[0] * (rows.ndim - 1)))
