"""A compiled function that runs any number of training or evaluation steps per call.

Keras' loop returns to Python after every step, which takes longer than the step itself in small models. Here, the loop
over steps is part of the graph. Its arguments are the batch size, the first step and the last step, so it is traced
only once, even if the batch size grows.
"""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from reactive_schedules.keras.clock import Clock
from reactive_schedules.training.tensorflow.recording import Recording
from reactive_schedules.training.tensorflow.shares import Shares
from reactive_schedules.training.tensorflow.sources import ArraySource, Source


class _OneReplica(tf.distribute.ReplicaContext):
    """The context of a step on one device, where there is nothing to reduce.

    TensorFlow's own registers a gradient of the reduction for the lifetime of the process, and the whole graph of the
    loop with it.
    """

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """Returns the value, which is that of all replicas."""
        return value


class StepLoop:
    """Runs `model.train_step` or `model.test_step` over one epoch of a source, in parts.

    Args:
        model: Compiled model, whose `run_eagerly`, `jit_compile` and distribution strategy are respected.
        step: `model.train_step` or `model.test_step`.
        source: Source of the examples.
        clock: Clock to set before each step; None for evaluation.
        recording: Recording whose `step` is used; None records nothing.
    """

    def __init__(
        self,
        model: keras.Model,
        step: Callable,
        source: Source,
        clock: Clock | None = None,
        recording: Recording | None = None,
    ) -> None:
        self._model, self._source, self._clock, self._recording = model, source, clock, recording
        self.examples = int(source.examples)
        several = model.distribute_strategy.num_replicas_in_sync > 1
        self._shares = Shares(model) if several and clock is not None else None
        if self._shares:
            step = self._shares.of(step)
        if model.jit_compile and not model.run_eagerly:
            step = tf.function(step, jit_compile=True, reduce_retracing=True)
        self._step = step
        self._extra: dict[str, tf.Variable] = {}
        self._run = self._compiled(self._loop)
        self._reset_metrics = self._compiled(model.reset_metrics)

    def _compiled(self, function: Callable) -> Callable:
        if self._model.run_eagerly:
            return function
        # TensorFlow warns if a function is traced often; the partial makes each loop a separate function.
        return tf.function(functools.partial(function), autograph=False, reduce_retracing=True)

    def reset(self) -> None:
        """Resets the metrics of the model in a single call, because there may be many."""
        self._reset_metrics()

    def begin(self, batch_size: int, first_step: int = 0, seed: int = 0, epoch: int | None = None) -> None:
        """Starts an epoch; see `Loop.begin`."""
        self.steps = -(-self.examples // batch_size)
        self._next = first_step
        self._batch_size, self._epoch = batch_size, epoch or 0
        self._feed = self._open(batch_size, first_step, seed, epoch)

    def run(self, steps: int) -> None:
        """Runs the next `steps` steps; 0 only builds what the model lacks."""
        last = min(self._next + steps, self.steps)
        arguments = (self._epoch, self._batch_size, self._next, last)
        with self._shares.scaling() if self._shares else contextlib.nullcontext():
            self._metrics = self._run(self._feed, *(tf.constant(number, tf.int64) for number in arguments))
        self._next = last

    def logs(self) -> dict[str, Any]:
        """The logs of Keras' `fit`: the results of the metrics, or the last return value of a custom step.

        A float per name, or a list of floats for a metric with several values.
        """
        found = self._extra or self._metrics
        return {name: tf.convert_to_tensor(value).numpy().tolist() for name, value in found.items()}

    def recorded(self) -> tuple[Any, Any, Any]:
        """See `Loop.recorded`."""
        assert self._recording is not None
        return self._recording.arrays()

    def _loop(
        self, feed: Any, epoch: tf.Tensor, batch_size: tf.Tensor, first: tf.Tensor, last: tf.Tensor
    ) -> dict[str, Any]:
        def body(step: tf.Tensor) -> list[tf.Tensor]:
            if self._clock is not None:
                self._clock.step.assign(self._clock.at(epoch, step * batch_size))
            size = tf.minimum(batch_size, self.examples - step * batch_size)
            logs = self._take(self._batch(feed, step, batch_size), size)
            if self._recording is not None:
                logs, rows = logs
                self._recording.keep(self._of_all_replicas(rows), step * batch_size)
            self._keep(logs)
            return [step + 1]

        tf.while_loop(lambda step: step < last, body, [first])
        return self._model.get_metrics_result()

    def _of_all_replicas(self, rows: Any) -> Any:
        """Lays the rows of the replicas, which share a batch, one after the other."""
        strategy = self._model.distribute_strategy
        if strategy.num_replicas_in_sync == 1:
            return rows
        return {
            name: part
            if part is None
            else keras.tree.map_structure(
                lambda each: tf.concat(strategy.experimental_local_results(each), 0), part
            )
            for name, part in rows.items()
        }

    def _take(self, batch: Any, size: tf.Tensor) -> Any:
        """Takes one step, and returns its logs, with the rows of a recording."""
        strategy = self._model.distribute_strategy
        with strategy.scope():
            distributed = tf.distribute.has_strategy()
        if distributed:
            return strategy.run(self._step, args=(batch, size) if self._shares else (batch,))
        with _OneReplica(strategy, replica_id_in_sync_group=0):
            return self._step(batch)

    def _keep(self, logs: Any) -> None:
        # A custom step may return values that do not come from metrics.
        if set(logs) == set(self._model.get_metrics_result()):
            return
        strategy = self._model.distribute_strategy
        for name, value in logs.items():
            value = tf.cast(strategy.reduce("MEAN", value, axis=None), tf.float32)
            if name not in self._extra:
                with tf.init_scope():
                    self._extra[name] = tf.Variable(tf.constant(0.0), trainable=False)
            self._extra[name].assign(value)

    def _open(self, batch_size: int, first_step: int, seed: int, epoch: int | None) -> Any:
        dataset = self._source.batches(batch_size, first_step * batch_size, seed, epoch)
        return iter(self._model.distribute_strategy.experimental_distribute_dataset(dataset.map(_any_size)))

    def _batch(self, feed: Any, step: tf.Tensor, batch_size: tf.Tensor) -> Any:
        return next(feed)


class ArrayLoop(StepLoop):
    """A `StepLoop` for arrays on one device: the graph slices the batches, without an input pipeline."""

    def __init__(
        self,
        model: keras.Model,
        step: Callable,
        source: ArraySource,
        clock: Clock | None = None,
        recording: Recording | None = None,
    ) -> None:
        super().__init__(model, step, source, clock, recording)
        self._arrays, self._order = source.arrays, source.order

    def _open(self, batch_size: int, first_step: int, seed: int, epoch: int | None) -> tf.Tensor:
        return tf.constant(self._order(seed, epoch))

    def _batch(self, feed: tf.Tensor, step: tf.Tensor, batch_size: tf.Tensor) -> Any:
        chosen = feed[step * batch_size : (step + 1) * batch_size]
        return keras.tree.map_structure(lambda array: tf.gather(array, chosen), self._arrays)


def step_loop(
    model: keras.Model,
    step: Callable,
    source: Source,
    clock: Clock | None = None,
    recording: Recording | None = None,
) -> StepLoop:
    """The fastest loop for a source."""
    if isinstance(source, ArraySource) and model.distribute_strategy.num_replicas_in_sync == 1:
        return ArrayLoop(model, step, source, clock, recording)
    return StepLoop(model, step, source, clock, recording)


def validation_loop(model: keras.Model, source: Source, records: bool) -> StepLoop:
    """A loop of `model.test_step`.

    Args:
        model: Compiled model.
        source: Source of the examples.
        records: Whether to record labels, predictions and weights.
    """
    if not records:
        return step_loop(model, model.test_step, source)
    recording = Recording(model, source.examples)
    return step_loop(model, recording.step, source, recording=recording)


def _any_size(*batch: Any) -> Any:
    # A fixed batch size in the shape would cause a retrace each time the batch grows.
    def relaxed(part: Any) -> Any:
        fixed = isinstance(part, tf.Tensor) and part.shape.rank and part.shape[0] is not None
        return tf.compat.v1.placeholder_with_default(part, [None, *part.shape[1:]]) if fixed else part

    return keras.tree.map_structure(relaxed, batch)
