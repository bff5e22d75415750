"""The learning-rate range test: a short run at increasing rates, which shows at which rates a model learns."""

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import keras
import numpy

from reactive_schedules.ahead.range_result import MEMORY, RangeTest
from reactive_schedules.errors import SpecError
from reactive_schedules.fields import Count, Interval, Rate, SpecModel
from reactive_schedules.keras.optimizers import Steps, check_single
from reactive_schedules.keras.variables import copied, put_back
from reactive_schedules.training.backend import backend_of
from reactive_schedules.training.prepare import check_rank
from reactive_schedules.training.source import Source

# Ratio of the smoothed loss to the best one that ends the test, as in fastai.
_DIVERGED = 4.0


class _Arguments(SpecModel):
    low: Rate
    high: Rate
    steps: Annotated[int, Interval("[10, 1000000]")]
    batch_size: Count
    sweep: Literal["exponential", "linear"]


def range_test(
    model: keras.Model,
    data: Any,
    *,
    low: float = 1e-7,
    high: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    sweep: Literal["exponential", "linear"] = "exponential",
    seed: int = 0,
) -> RangeTest:
    """Trains a compiled model for some steps at increasing learning rates, and restores it afterwards.

    Weights, metrics and the states of random layers are restored. The test uses a new optimizer with the same settings,
    so the model's optimizer is not changed.

    Source: Smith 2017 (arXiv 1506.01186, section 3.3), with a linear sweep; the exponential sweep and the valley are
    fastai's.

    Args:
        model: Compiled model, whose optimizer may have any learning rate or schedule.
        data: Training examples, in the forms that `reactive_schedules.fit` takes.
        low, high: First and last learning rate.
        steps: Number of steps, unless the loss diverges before.
        batch_size: Batch size, in examples.
        sweep: Spacing of the rates, "exponential" or "linear".
        seed: Seed for the order of the examples.

    Raises:
        SpecError: A ValueError that names the argument: a rate is not positive, `low` is not below `high`, there are
            fewer than 10 steps, the model is not compiled or has no loss, its loss is NaN from the start, or Keras runs
            on a backend without a training loop here.
    """
    backend = backend_of("range_test", "increase the rate by RateCallback in model.fit")
    given = {"low": low, "high": high, "steps": steps, "batch_size": batch_size, "sweep": sweep}
    arguments = _Arguments.parse(given)
    if arguments.low >= arguments.high:
        raise SpecError(f"low: must be in (0, {arguments.high}), below high; got {arguments.low}")
    if not getattr(model, "compiled", False):
        raise SpecError("model: must be compiled; call model.compile(optimizer, loss) first")
    check_single(model.optimizer)
    source = backend.as_source(data, "data")
    check_rank(model, source, "data")
    if not model.built:
        model(next(iter(source.batches(1, 0, 0, None)))[0])
    # float64, so that the ends are exact.
    space = numpy.geomspace if sweep == "exponential" else numpy.linspace
    rates = space(arguments.low, arguments.high, arguments.steps, dtype="float64")
    with _Borrowed(model):
        losses, diverged = _sweep(model, source, rates, arguments.batch_size, seed)
    if len(losses) < 2:
        raise SpecError(f"model: loss is not finite at the lowest rate, {low}; check the model and the data")
    return RangeTest(rates[: len(losses)], numpy.array(losses), diverged)


def _sweep(
    model: keras.Model, source: Source, rates: numpy.ndarray, batch_size: int, seed: int
) -> tuple[list[float], bool]:
    losses: list[float] = []
    average, best = 0.0, math.inf
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    optimizer_steps = Steps(model.optimizer)
    for rate, batch in zip(rates, _batches(source, batch_size, seed), strict=False):
        model.optimizer.learning_rate = float(rate)
        model.reset_metrics()
        x, y, *weight = batch
        logs = model.train_on_batch(x, y, *weight, return_dict=True)
        if "loss" not in logs:
            raise SpecError(
                f"model: train_step must return 'loss', which the range test needs; got {sorted(logs)}"
            )
        loss = float(logs["loss"])
        if not losses and math.isfinite(loss):
            optimizer_steps.check()
        if not math.isfinite(loss):
            return losses, True
        losses.append(loss)
        average = MEMORY * average + (1 - MEMORY) * loss
        smoothed = average / (1 - MEMORY ** len(losses))
        # The first few losses do not make a reliable average.
        if len(losses) > 10 and smoothed > _DIVERGED * best + 1e-12:
            return losses, True
        best = min(best, smoothed)
    return losses, False


def _batches(source: Source, batch_size: int, seed: int) -> Iterator[Any]:
    """An endless sequence of full batches, in a new order in each epoch."""
    epoch = 0
    while True:
        for batch in source.batches(batch_size, 0, seed, epoch):
            if len(keras.tree.flatten(batch[1])[0]) == min(batch_size, source.examples):
                yield batch
        epoch += 1


class _Borrowed:
    """Gives the model a new optimizer with an adjustable learning rate, and restores everything on exit."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model

    def __enter__(self) -> None:
        model = self.model
        self.optimizer, self.train_function = model.optimizer, model.train_function
        self.variables = list(model.variables)
        self.values = copied(self.variables)
        model.optimizer, model.train_function = _fresh(model.optimizer), None

    def __exit__(self, *error: object) -> None:
        model = self.model
        model.optimizer, model.train_function = self.optimizer, self.train_function
        put_back(self.variables, self.values)
        # Metrics built by the first step of the test have no earlier state, so they are reset.
        known = {id(variable) for variable in self.variables}
        if any(id(variable) not in known for variable in model.variables):
            model.reset_metrics()


def _fresh(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    settings: Any = keras.saving.serialize_keras_object(optimizer)
    innermost = settings["config"]
    while "inner_optimizer" in innermost:  # loss scaling for mixed precision
        innermost = innermost["inner_optimizer"]["config"]
    innermost["learning_rate"] = 0.0
    return keras.saving.deserialize_keras_object(settings)
