"""The learning-rate range test: a short training at ever higher rates, which shows where a model learns."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy

from schedules.errors import SpecError
from schedules.families.cyclical import CyclicalSpec
from schedules.fields import Model, Rate, whole
from schedules.sources import Source, as_source
from schedules.variables import copied, put_back

# A smoothed loss this many times the best one ends the test, as in fastai.
_DIVERGED = 4.0
# A normal variable's standard deviation over the median size of the difference of two.
_DEVIATION = 1.4826 / math.sqrt(2)
# Weight of the past in the smoothed loss.
_MEMORY = 0.9


@dataclass(frozen=True)
class RangeTest:
    """What a range test measured.

    Fields:
        rates: float64, increasing; one per step taken.
        losses: float64, the loss on that step's batch, before its update.
        diverged: whether the test ended early because the loss ran away.
    """

    rates: numpy.ndarray
    losses: numpy.ndarray
    diverged: bool

    @property
    def smoothed(self) -> numpy.ndarray:
        """Exponential moving average of the losses, corrected for its beginning at 0."""
        average, out = 0.0, []
        for count, loss in enumerate(self.losses, 1):
            average = _MEMORY * average + (1 - _MEMORY) * loss
            out.append(average / (1 - _MEMORY**count))
        return numpy.array(out)

    @property
    def suggestions(self) -> dict[str, float]:
        """Rates to start from.

        - `steepest`: where the smoothed loss falls fastest over the logarithm of the rate;
        - `valley`: in the middle of the longest fall (fastai's default);
        - `minimum/10`: a tenth of the rate with the lowest smoothed loss.
        """
        smoothed = self.smoothed
        slope = numpy.gradient(smoothed, numpy.log(self.rates))
        # The first batches' noise has slopes too: only the fall counts.
        falling = (self.rates >= self.bounds[0]) & (self.rates <= self.bounds[1])
        first, last = _longest_fall(smoothed)
        lowest = int(smoothed.argmin())
        return {
            "steepest": float(self.rates[int(numpy.argmin(numpy.where(falling, slope, numpy.inf)))]),
            "valley": float(self.rates[first + (last - first) // 2]),
            "minimum/10": float(self.rates[lowest]) / 10,
        }

    @property
    def bounds(self) -> tuple[float, float]:
        """Rates between which the model learns: where a tenth, and where nine tenths of the fall are done.

        These are the base and the maximum of a cyclical rate.
        """
        smoothed, lowest = self.smoothed, int(self.smoothed.argmin())
        fallen = self.start - smoothed[: lowest + 1]
        if fallen[-1] <= 0:  # nothing was learned
            return float(self.rates[lowest]), float(self.rates[lowest])
        # The last time that a tenth is passed: the noise of the first batches may pass it, too.
        above = numpy.flatnonzero(fallen < 0.1 * fallen[-1])
        low = int(above[-1]) + 1 if len(above) else 0
        high = low + int(numpy.argmax(fallen[low:] >= 0.9 * fallen[-1]))
        return float(self.rates[low]), float(self.rates[high])

    @property
    def start(self) -> float:
        """The loss before much is learned: the median of the smoothed ones half-way to the lowest."""
        smoothed = self.smoothed
        return float(numpy.median(smoothed[: smoothed.argmin() // 2 + 1]))

    @property
    def learned(self) -> bool:
        """Whether the smoothed loss fell by more than batches differ; else the suggestions mean nothing."""
        # From one step to the next, of which the median leaves out what the end does when it runs away.
        noise = float(numpy.median(numpy.abs(numpy.diff(self.losses)))) * _DEVIATION
        rounding = 1e-6 * abs(self.start)  # of float32 losses
        return self.start - float(self.smoothed.min()) > noise + rounding

    @property
    def search_range(self) -> dict[str, float | bool]:
        """`bounds` as the range of `learning_rate.peak` in a search space."""
        return {"low": self.bounds[0], "high": self.bounds[1], "log": True}

    def cyclical(self, step_size: int | str = "10%") -> CyclicalSpec:
        """A cyclical rate between `bounds`, as a part of a spec."""
        low, high = self.bounds
        return CyclicalSpec(peak=high, final_ratio=low / high, step_size=step_size)

    def table(self) -> str:
        """The suggestions and bounds, a line each."""
        low, high = self.bounds
        rows = [*self.suggestions.items(), ("learns from", low), ("learns up to", high)]
        end = "the loss ran away" if self.diverged else "the highest rate was reached"
        lines = [f"{name:<13} {rate:.3g}" for name, rate in rows]
        if not self.learned:
            lines.append("nothing was learned: the loss fell by no more than batches differ; try other rates")
        return "\n".join(
            [*lines, f"{len(self.rates)} steps, from {self.rates[0]:.3g} to {self.rates[-1]:.3g}: {end}"]
        )

    def draw(self, path: str | Path) -> Path:
        """Writes a picture of the losses and the suggestions, .png or .svg. Needs matplotlib.

        Raises:
            SpecError: another ending, a folder that does not exist, or matplotlib is missing.
        """
        from schedules.drawing import check_ending, draw_range_test, save

        check_ending(Path(path), (".png", ".svg"))
        return save(draw_range_test(self), Path(path))


def _longest_fall(values: numpy.ndarray) -> tuple[int, int]:
    """First and last index of the longest decreasing subsequence."""
    length, begin = [1] * len(values), list(range(len(values)))
    for i in range(1, len(values)):
        for j in range(i):
            if values[i] < values[j] and length[i] < length[j] + 1:
                length[i], begin[i] = length[j] + 1, begin[j]
    last = int(numpy.argmax(length))
    return begin[last], last


class _Arguments(Model):
    low: Rate
    high: Rate
    steps: whole("[10, inf)")
    batch_size: whole("[1, inf)")
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
    """Trains a compiled model for some steps at rising rates, and puts it back as it was.

    Weights, metrics and the states of random layers are restored; the model's own optimizer, with its slots
    and its count of steps, is not used at all: the test works with a fresh one of the same settings.

    Source: Smith 2017 (arXiv 1506.01186, section 3.3), whose sweep is linear; the exponential sweep and the
    valley are fastai's.

    Args:
        model: compiled; its optimizer may have any rate or schedule.
        data: `(x, y)` or `(x, y, sample_weight)` of arrays, or a `tf.data.Dataset` of single examples.
        low, high: first and last rate.
        steps: how many, if the loss does not run away before.
        batch_size: in examples.
        sweep: how the rate goes from low to high.
        seed: of the order of the examples.

    Raises:
        SpecError: a ValueError that names the argument: a rate that is not positive, low not below high,
            fewer than 10 steps, a model that is not compiled or has no loss, or a loss that is NaN from the
            start.
    """
    given = {"low": low, "high": high, "steps": steps, "batch_size": batch_size, "sweep": sweep}
    arguments = _Arguments.parse(given)
    if arguments.low >= arguments.high:
        raise SpecError(f"low: must be in (0, {arguments.high}), below high; got {arguments.low}")
    if not getattr(model, "compiled", False):
        raise SpecError("model: must be compiled; call model.compile(optimizer, loss) first")
    source = as_source(data, "data")
    if not model.built:
        model(next(iter(source.batches(1, 0, 0, None)))[0])
    # float64 keeps the ends exact.
    space = numpy.geomspace if sweep == "exponential" else numpy.linspace
    rates = space(arguments.low, arguments.high, arguments.steps, dtype="float64")
    with _Borrowed(model):
        losses, diverged = _sweep(model, source, rates, arguments.batch_size, seed)
    if len(losses) < 2:
        raise SpecError(
            f"model: its loss is not finite at the lowest rate, {low}; check the model and the data"
        )
    return RangeTest(rates[: len(losses)], numpy.array(losses), diverged)


def _sweep(
    model: keras.Model, source: Source, rates: numpy.ndarray, batch_size: int, seed: int
) -> tuple[list[float], bool]:
    losses: list[float] = []
    average, best = 0.0, math.inf
    for rate, batch in zip(rates, _batches(source, batch_size, seed), strict=False):
        model.optimizer.learning_rate = float(rate)
        model.reset_metrics()
        x, y, *weight = batch
        logs = model.train_on_batch(x, y, *weight, return_dict=True)
        if "loss" not in logs:
            raise SpecError(
                f"model: its train_step must return 'loss', which the test goes by; it returns {sorted(logs)}"
            )
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            return losses, True
        losses.append(loss)
        average = _MEMORY * average + (1 - _MEMORY) * loss
        smoothed = average / (1 - _MEMORY ** len(losses))
        # The first batches alone decide no average.
        if len(losses) > 10 and smoothed > _DIVERGED * best + 1e-12:
            return losses, True
        best = min(best, smoothed)
    return losses, False


def _batches(source: Source, batch_size: int, seed: int):
    """Full batches without end, in a new order each epoch."""
    epoch = 0
    while True:
        for batch in source.batches(batch_size, 0, seed, epoch):
            if len(keras.tree.flatten(batch[1])[0]) == min(batch_size, source.examples):
                yield batch
        epoch += 1


class _Borrowed:
    """Lends the model a fresh optimizer with a rate that can be set, and takes everything back afterwards."""

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
        # Metrics made by the test's first step were not there to be copied; their state is cleared.
        known = {id(variable) for variable in self.variables}
        if any(id(variable) not in known for variable in model.variables):
            model.reset_metrics()


def _fresh(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    settings = keras.saving.serialize_keras_object(optimizer)
    innermost = settings["config"]
    while "inner_optimizer" in innermost:  # loss scaling for mixed precision
        innermost = innermost["inner_optimizer"]["config"]
    innermost["learning_rate"] = 0.0
    return keras.saving.deserialize_keras_object(settings)
