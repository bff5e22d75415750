"""Builds Keras objects from a spec."""

from typing import Any, NamedTuple

from keras.optimizers import Optimizer
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.duration import Horizon
from reactive_schedules.errors import SpecError, prefixed
from reactive_schedules.families import Family
from reactive_schedules.families.base import Formula
from reactive_schedules.families.sequence import SequenceFormula, SequenceSpec
from reactive_schedules.keras.optimizers import build_optimizer
from reactive_schedules.keras.sequence import Sequence
from reactive_schedules.keras.steps import SCHEDULES, StepSchedule
from reactive_schedules.spec.training_spec import TrainingSpec


class Built(NamedTuple):
    """The Keras objects that a spec describes.

    Attributes:
        optimizer: Keras optimizer, whose learning rate is the schedule.
        schedule: Keras learning-rate schedule.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.5}})
        >>> optimizer, schedule = rs.build(spec, rs.Horizon(steps_per_epoch=100, epochs=10, batch_size=32))
        >>> float(schedule(0))
        0.5
    """

    optimizer: Optimizer
    schedule: LearningRateSchedule


def build_schedule(family: Family, horizon: Horizon | int | None = None) -> LearningRateSchedule:
    """Builds the Keras schedule of a family.

    Args:
        family: Family of a spec, such as `TrainingSpec.learning_rate`.
        horizon: Length of the run, which durations in epochs, percent or examples refer to; an integer is the total
            number of steps.

    Raises:
        SpecError: The durations do not fit the horizon, or need one.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "linear", "peak": 0.5}})
        >>> float(rs.build_schedule(spec.learning_rate, 100)(50))
        0.25
    """
    return schedule_of(family.resolve(horizon))


def schedule_of(formula: Formula[Any]) -> LearningRateSchedule:
    """The Keras schedule of a resolved family."""
    if isinstance(formula, SequenceFormula):
        return Sequence([schedule_of(part) for part in formula.parts], formula.boundaries)
    return SCHEDULES[formula.spec.family](**formula.spec.model_dump(exclude={"family"}))


def build(spec: TrainingSpec, horizon: Horizon) -> Built:
    """Builds the optimizer and the schedule of a spec.

    Args:
        spec: Training spec.
        horizon: Length of the run, which durations in epochs, percent or examples refer to.

    Raises:
        SpecError: The durations do not fit the horizon.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "one_cycle", "peak": 0.1}})
        >>> built = rs.build(spec, rs.Horizon(steps_per_epoch=100, epochs=10, batch_size=32))
        >>> model.compile(built.optimizer, "mse")
    """
    try:
        schedule = build_schedule(spec.learning_rate, horizon)
    except SpecError as error:
        raise prefixed(error, "learning_rate") from None
    return Built(
        build_optimizer(spec.optimizer, schedule, spec.ema, getattr(spec.learning_rate, "peak", None)),
        schedule,
    )


def family_of(schedule: Any) -> Family:
    """The family, with durations in steps, from which `build_schedule` built a schedule.

    Raises:
        SpecError: The schedule has no family, because it is Keras' own or a composition that specs cannot describe.
    """
    if isinstance(schedule, StepSchedule):
        return schedule.formula.spec
    if isinstance(schedule, Sequence):
        return SequenceSpec(
            parts=tuple(family_of(part) for part in schedule.parts), boundaries=schedule.boundaries
        )
    raise SpecError(f"schedule: must be built from registered families; got {type(schedule).__name__}")
