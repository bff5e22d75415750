"""What the schedules made of other schedules share."""

from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.errors import SpecError


def check_schedule(value: Any, name: str) -> LearningRateSchedule:
    """Any Keras learning-rate schedule: ours, Keras' own, or the user's.

    Raises:
        SpecError: it is none.
    """
    if not isinstance(value, LearningRateSchedule):
        raise SpecError(
            f"{name}: must be a keras.optimizers.schedules.LearningRateSchedule, such as "
            f"schedules.Constant(0.1); got {value!r}"
        )
    return value


def serialize(schedule: LearningRateSchedule) -> Any:
    """A nested schedule as plain data."""
    return keras.saving.serialize_keras_object(schedule)


def deserialize(config: Any) -> LearningRateSchedule:
    """The nested schedule from its data; a schedule passes through."""
    return keras.saving.deserialize_keras_object(config) if isinstance(config, dict) else config
