"""A forecast of a run's updates and noise scale, for plateaus after given epochs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy

from reactive_schedules.errors import SpecError, prefixed
from reactive_schedules.plateau.decision_log import noise_scale
from reactive_schedules.plateau.machine import replay
from reactive_schedules.spec.training_spec import TrainingSpec


@dataclass(frozen=True)
class Stage:
    """A series of epochs with the same batch size and multiplier of the learning rate.

    Attributes:
        first_epoch: First epoch, counted from 0.
        epochs: Number of epochs.
        batch_size: Batch size, in examples.
        rate: Highest learning rate in the stage.
        updates: Number of parameter updates in the stage.
        noise_scale: Noise scale g ≈ εN/(B(1−m)) at that rate.

    Example:
        >>> rate, plateau = {"family": "constant", "peak": 0.1}, {"action": "grow"}
        >>> spec = rs.TrainingSpec.parse({"learning_rate": rate, "plateau": plateau})
        >>> [stage.batch_size for stage in rs.forecast(spec, examples=1000, plateaus=[5]).stages]
        [32, 64]
    """

    first_epoch: int
    epochs: int
    batch_size: int
    rate: float
    updates: int
    noise_scale: float


@dataclass(frozen=True)
class Forecast:
    """The expected course of a run.

    Attributes:
        stages: Stages of the run, in order.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.1}})
        >>> rs.forecast(spec, examples=1000).total_updates
        320
    """

    stages: tuple[Stage, ...]

    @property
    def total_updates(self) -> int:
        """Number of parameter updates of the run."""
        return sum(stage.updates for stage in self.stages)

    def table(self) -> str:
        """A text table with one row per stage, and the total."""
        rows = [("epochs", "batch", "rate", "updates", "noise scale")]
        rows += [
            (
                f"{stage.first_epoch}–{stage.first_epoch + stage.epochs}",
                f"{stage.batch_size:,}",
                f"{stage.rate:.4g}",
                f"{stage.updates:,}",
                f"{stage.noise_scale:.1f}",
            )
            for stage in self.stages
        ]
        rows.append(("total", "", "", f"{self.total_updates:,}", ""))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)


def forecast(spec: TrainingSpec, examples: int, plateaus: Sequence[int] = ()) -> Forecast:
    """Forecasts the stages of a run whose metric reaches a plateau after the given epochs.

    `rs.observe` decides the reaction, as in training; a decision to stop ends the run. An epoch takes
    ceil(examples / batch size) updates.

    Source: Smith et al. 2018 (arXiv 1711.00489), whose five schedules in section 5.1 this reproduces.

    Args:
        spec: Training spec; without `plateau`, the run has a single stage.
        examples: Number of training examples.
        plateaus: Numbers of epochs after which an action is due, in ascending order, such as (60, 120, 160).

    Raises:
        SpecError: `plateaus` are not increasing epochs inside the run, or the spec has no `plateau`.
    """
    horizon = spec.horizon(examples)
    multipliers, batch_sizes = _per_epoch(spec, horizon.epochs, examples, list(plateaus))
    try:
        schedule = spec.learning_rate.resolve(horizon)
    except SpecError as error:
        raise prefixed(error, "learning_rate") from None
    begins = [
        epoch
        for epoch in range(len(batch_sizes))
        if epoch == 0
        or (multipliers[epoch], batch_sizes[epoch]) != (multipliers[epoch - 1], batch_sizes[epoch - 1])
    ]
    stages = []
    for first, end in zip(begins, [*begins[1:], len(batch_sizes)], strict=True):
        # The schedule's clock counts examples: nominal steps of the initial batch size.
        steps = numpy.linspace(
            first * horizon.steps_per_epoch, end * horizon.steps_per_epoch - 1, num=2001
        ).astype("int64")
        rate = max(
            float(schedule(steps).max()) * multipliers[first], spec.plateau.min_rate if spec.plateau else 0.0
        )
        batch = batch_sizes[first]
        updates = (end - first) * ceil(examples / batch)
        noise = noise_scale(rate, examples, batch, spec.optimizer.averaging)
        stages.append(Stage(first, end - first, batch, rate, updates, noise))
    return Forecast(tuple(stages))


def _per_epoch(
    spec: TrainingSpec, epochs: int, examples: int, plateaus: list[int]
) -> tuple[list[float], list[int]]:
    """Rate multiplier and batch size of every epoch."""
    if plateaus != sorted(set(plateaus)) or any(not 1 <= at < epochs for at in plateaus):
        raise SpecError(f"plateaus: must be increasing epochs in [1, {epochs - 1}]; got {plateaus}")
    if spec.plateau is None:
        if plateaus:
            raise SpecError("plateau: is missing from the spec; add it, or leave out the plateaus")
        return [1.0] * epochs, [spec.batch_size] * epochs
    # A metric that improves in all other epochs, with a patience of 1, triggers an action after the given epochs.
    watch = spec.plateau.model_copy(
        update={
            "mode": "min",
            "every": None,
            "patience": 1,
            "min_delta": 0.0,
            "cooldown": 0,
            "start_from_epoch": 0,
            "monitor": "val_loss",
        }
    )
    metric = [float("1e9") if epoch + 1 in plateaus else -float(epoch) for epoch in range(epochs)]
    multipliers, batch_sizes = [1.0], [spec.batch_size]
    for decision in replay(metric, watch, spec.batch_size, examples)[: epochs - 1]:
        if decision.kind == "stop":
            break
        multipliers.append(decision.new_multiplier)
        batch_sizes.append(decision.new_batch_size)
    return multipliers, batch_sizes
