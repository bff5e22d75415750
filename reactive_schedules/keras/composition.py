"""Helpers for schedules that wrap other schedules."""

from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.errors import SpecError


def check_schedule(value: Any, name: str) -> LearningRateSchedule:
    """Checks that a value is a Keras learning-rate schedule, and returns it.

    Raises:
        SpecError: The value is not a schedule.
    """
    if not isinstance(value, LearningRateSchedule):
        raise SpecError(
            f"{name}: must be a keras.optimizers.schedules.LearningRateSchedule, such as "
            f"schedules.Constant(0.1); got {value!r}"
        )
    return value


def serialize(schedule: LearningRateSchedule) -> Any:
    """Serializes a nested schedule."""
    return keras.saving.serialize_keras_object(schedule)


def deserialize(config: Any) -> LearningRateSchedule:
    """Deserializes a nested schedule; a schedule is returned as it is."""
    return keras.saving.deserialize_keras_object(config) if isinstance(config, dict) else config
