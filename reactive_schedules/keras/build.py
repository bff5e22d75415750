"""From a spec to Keras objects."""

from typing import Any, NamedTuple

from keras.optimizers import Optimizer
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.duration import Horizon
from reactive_schedules.errors import SpecError, prefixed
from reactive_schedules.families import Family
from reactive_schedules.families.sequence import SequenceSpec
from reactive_schedules.keras import steps
from reactive_schedules.keras.sequence import Sequence
from reactive_schedules.spec.optimizers import AdamSpec, AdamWSpec, RMSpropSpec, SgdSpec
from reactive_schedules.spec.optimizers import Optimizer as OptimizerSpec
from reactive_schedules.spec.training_spec import TrainingSpec

_CLASSES: dict[type[Family], type[steps.StepSchedule]] = {
    kind.spec_class: kind for kind in steps.StepSchedule.__subclasses__()
}


class Built(NamedTuple):
    """What a spec describes, as Keras objects."""

    optimizer: Optimizer
    schedule: LearningRateSchedule


def build_schedule(family: Family, horizon: Horizon | int | None = None) -> LearningRateSchedule:
    """A family as a Keras schedule.

    Raises:
        SpecError: durations do not fit the horizon, or need one.
    """
    return _keras_schedule(family.resolve(horizon))


def _keras_schedule(resolved: Family) -> LearningRateSchedule:
    if isinstance(resolved, SequenceSpec):
        return Sequence([_keras_schedule(part) for part in resolved.parts], resolved.boundaries)
    return _CLASSES[type(resolved)](**resolved.model_dump(exclude={"family"}))


def build(spec: TrainingSpec, horizon: Horizon) -> Built:
    """The optimizer a spec describes, with its schedule in it.

    Raises:
        SpecError: durations do not fit the horizon.
    """
    try:
        schedule = build_schedule(spec.learning_rate, horizon)
    except SpecError as error:
        raise prefixed(error, "learning_rate") from None
    return Built(spec.optimizer.build(schedule), schedule)


def optimizer_of(optimizer: Optimizer) -> OptimizerSpec:
    """What a spec says of the optimizer, its learning rate apart: the inverse of `OptimizerSpec.build`.

    Raises:
        SpecError: specs do not have this optimizer.
    """
    kinds = {"SGD": SgdSpec, "Adam": AdamSpec, "AdamW": AdamWSpec, "RMSprop": RMSpropSpec}
    kind = kinds.get(type(optimizer).__name__)
    if kind is None:
        raise SpecError(f"optimizer: must be one of {', '.join(kinds)}; got {type(optimizer).__name__}")
    config = optimizer.get_config()
    settings = {name: config[name] for name in kind.model_fields if name in config and name != "name"}
    return kind.parse({**settings, "clip_norm": config["global_clipnorm"]})


def family_of(schedule: Any) -> Family:
    """The family, with durations in steps, that a schedule of `build_schedule` was made of.

    Raises:
        SpecError: the schedule has no spec: it is Keras' own, or a composition that specs do not have.
    """
    if isinstance(schedule, steps.StepSchedule):
        return schedule.spec
    if isinstance(schedule, Sequence):
        return SequenceSpec(
            parts=[family_of(part) for part in schedule.parts], boundaries=schedule.boundaries
        )
    raise SpecError(f"schedule: must be made of the families of rs.families; got {type(schedule).__name__}")
