"""Progress counted in examples, so that a schedule does not drift when the batch grows.

A larger batch makes fewer steps per epoch, and a schedule written in epochs would fall behind if it went by
the optimizer's steps. The clock counts *nominal* steps instead: steps of the initial batch size. Epoch e
always begins at nominal step e x ceil(examples / initial batch size), whatever batch trains it.
"""

from typing import Any

import keras


class Clock:
    """Where in the training we are, as a nominal step.

    Args:
        examples: in one epoch.
        batch_size: the initial one, in examples.

    Attributes:
        steps_per_epoch: nominal steps in one epoch.
        step: a `keras.Variable` that holds the nominal step of the training step at hand, so that compiled
            functions see it move.
    """

    def __init__(self, examples: int, batch_size: int) -> None:
        self.steps_per_epoch = -(-examples // batch_size)
        self._batch_size = batch_size
        self.step = keras.Variable(0, trainable=False, dtype="int64", name="nominal_step")

    def at(self, epoch: Any, example: Any) -> Any:
        """The nominal step at which `example` of `epoch` is due (ints or integer tensors)."""
        return epoch * self.steps_per_epoch + example // self._batch_size

    def last(self, epoch: int, examples: int, batch_size: int) -> int:
        """The nominal step of the last training step of an epoch of `examples` in batches of `batch_size`."""
        return self.at(epoch, (examples - 1) // batch_size * batch_size)


@keras.saving.register_keras_serializable(package="reactive_schedules")
class OnClock(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that goes by a clock instead of the optimizer's own step.

    The optimizer's step is not usable under growing batches, gradient accumulation (whose micro-steps it
    counts), loss scaling (which skips steps) or a reset of the optimizer's variables.

    A clock belongs to one run of `rs.fit`. What a saved model reloads is therefore the schedule
    underneath, which goes by the optimizer's step again.

    Args:
        schedule: any `LearningRateSchedule`.
        clock: what it goes by.
    """

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, clock: Clock) -> None:
        super().__init__()
        self.schedule = schedule
        self.clock = clock

    def __call__(self, step: Any) -> Any:
        """The rate at the clock's step; `step` itself is ignored."""
        return self.schedule(self.clock.step)

    def get_config(self) -> dict[str, Any]:
        """The schedule underneath, serialised."""
        return {"schedule": keras.saving.serialize_keras_object(self.schedule)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The schedule underneath: without a run there is no clock."""
        return keras.saving.deserialize_keras_object(config["schedule"])
