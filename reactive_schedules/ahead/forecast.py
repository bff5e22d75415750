"""A forecast of a run's updates and noise scale, for plateaus after given epochs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy

from reactive_schedules.duration import epochs_of
from reactive_schedules.errors import SpecError, prefixed
from reactive_schedules.plateau.decision_log import noise_scale
from reactive_schedules.plateau.machine import observe
from reactive_schedules.plateau.state import PlateauState
from reactive_schedules.spec.training_spec import TrainingSpec

_MOST_STEPS = 200_000  # that are looked at for the highest rate of a stage
_IN_EPOCHS = ("patience", "cooldown", "start_from_epoch")


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

    `rs.observe` decides the reaction, as in training; a decision to stop ends the run. In all other epochs, the metric
    improves, so that "greedy" raises the rate. An epoch takes ceil(examples / batch size) updates.

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
        begin, last = first * horizon.steps_per_epoch, end * horizon.steps_per_epoch - 1
        steps = numpy.linspace(begin, last, num=min(last - begin + 1, _MOST_STEPS)).round().astype("int64")
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
    plateau = spec.at(examples).plateau
    assert plateau is not None
    parts = plateau.observations(spec.horizon(examples))
    calm = plateau.model_copy(
        update={
            "mode": "min",
            "monitor": "val_loss",
            "min_delta": 0.0,
            "every": None,
            **{name: ceil(epochs_of(getattr(plateau, name)) / parts) for name in _IN_EPOCHS},
        }
    )
    due = calm.model_copy(update={"patience": 1, "start_from_epoch": 0})
    # As if an epoch before the first had been worse than all but those without improvement.
    state = PlateauState.start(calm, spec.batch_size, examples)
    state = state.model_copy(update={"best": 1.0, "best_epoch": 0})
    multipliers, batch_sizes = [1.0], [spec.batch_size]
    for epoch in range(epochs - 1):
        if epoch + 1 in plateaus:
            state, _ = observe(state.model_copy(update={"spec": due, "cooldown_left": 0}), 2.0)
        else:
            state, _ = observe(state.model_copy(update={"spec": calm}), -float(epoch))
        if state.stopped:
            break
        multipliers.append(state.multiplier)
        batch_sizes.append(state.batch_size)
    return multipliers, batch_sizes
