"""A clock that counts examples, so that a schedule does not drift when the batch size grows.

A larger batch takes fewer steps per epoch, so a schedule in epochs would fall behind if it used the optimizer's steps.
The clock counts *nominal* steps instead, which are steps of the initial batch size. Epoch e always begins at nominal
step e x ceil(examples / initial batch size), whatever its batch size.
"""

from typing import Any

import keras

from reactive_schedules.keras.arrays import STEP_DTYPE
from reactive_schedules.keras.traced import current


class Clock:
    """The progress of a run, as a nominal step.

    Args:
        examples: Number of examples in an epoch.
        batch_size: Initial batch size, in examples.

    Attributes:
        batch_size: Initial batch size, in examples.
        steps_per_epoch: Number of nominal steps in an epoch.
        step: Nominal step of the current training step, a `keras.Variable`, so that compiled functions see its
            changes.
    """

    def __init__(self, examples: int, batch_size: int) -> None:
        self.steps_per_epoch = -(-examples // batch_size)
        self.batch_size = batch_size
        self.step = keras.Variable(0, trainable=False, dtype=STEP_DTYPE, name="nominal_step")

    def at(self, epoch: Any, example: Any) -> Any:
        """The nominal step of example number `example` in `epoch` (ints or integer tensors, from 0)."""
        return epoch * self.steps_per_epoch + example // self.batch_size

    def last(self, epoch: int, examples: int, batch_size: int) -> int:
        """The nominal step of the last training step in an epoch of `examples` in batches of `batch_size`."""
        return self.at(epoch, (examples - 1) // batch_size * batch_size)


@keras.saving.register_keras_serializable(package="reactive_schedules")
class OnClock(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that uses the step of a clock instead of the optimizer's step.

    The optimizer's step does not measure progress with growing batches, gradient accumulation (which counts
    micro-steps), loss scaling (which skips steps) or a reset of the optimizer's variables.

    A clock belongs to one run of `rs.fit`, so a saved model reloads the inner schedule, which uses the optimizer's
    step.

    Args:
        schedule: Keras learning-rate schedule.
        clock: Clock of the run.
    """

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, clock: Clock) -> None:
        super().__init__()
        self.schedule = schedule
        self.clock = clock

    def __call__(self, step: Any) -> Any:
        """The rate at the clock's step; `step` itself is ignored."""
        return self.schedule(current(self.clock.step))

    def height(self, step: Any) -> Any:
        """Where in its cycle the inner schedule is at the clock's step; see `StepSchedule.height`."""
        inner: Any = self.schedule
        return inner.height(current(self.clock.step))

    def get_config(self) -> dict[str, Any]:
        """The inner schedule, serialized."""
        return {"schedule": keras.saving.serialize_keras_object(self.schedule)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The inner schedule, because there is no clock without a run."""
        return keras.saving.deserialize_keras_object(config["schedule"])
