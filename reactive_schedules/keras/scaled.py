"""A schedule times a factor that may change during training."""

from typing import Annotated, Any, Self

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.fields import Interval, SpecModel
from reactive_schedules.keras.composition import check_schedule, deserialize, serialize
from reactive_schedules.keras.traced import check_not_frozen, current
from reactive_schedules.keras.variables import number


class _Arguments(SpecModel):
    by: Annotated[float, Interval("[0, inf)")]
    floor: Annotated[float, Interval("[0, inf)")] = 0.0


@keras.saving.register_keras_serializable(package="reactive_schedules")
class Scaled(LearningRateSchedule):
    """Multiplies the rate of another schedule by a factor.

        rate(s) = max(floor, by · schedule(s))

    If the factor is a `keras.Variable`, assigning to it changes the rate from the next step on, without a retrace. The
    optimizer does not save this variable; the config of the schedule contains its value at the time of saving. JAX
    compiles the value into the training step of Keras' `fit`, so a variable is refused there.

    Args:
        schedule: Keras learning-rate schedule.
        by: Factor, a number of at least 0 or a scalar `keras.Variable`.
        floor: Lowest rate, at least 0.

    Raises:
        SpecError: A ValueError that names the argument.

    Example:
        >>> rate = rs.Scaled(rs.Constant(0.5), by=0.5)
        >>> float(rate(0))
        0.25
    """

    def __init__(
        self, schedule: LearningRateSchedule, by: "float | keras.Variable", floor: float = 0.0
    ) -> None:
        self.schedule = check_schedule(schedule, "schedule")
        checked = _Arguments.parse({"by": 1.0 if isinstance(by, keras.Variable) else by, "floor": floor})
        self.by = by if isinstance(by, keras.Variable) else checked.by
        self.floor = checked.floor

    def __call__(self, step: Any) -> Any:
        """The rate at `step` (any shape), in the dtype of the inner schedule's rate."""
        rate: Any = keras.ops.convert_to_tensor(self.schedule(step))
        by = self.by
        if isinstance(by, keras.Variable):
            by = current(by)
            check_not_frozen(by, rate, "by")
        rate = rate * keras.ops.cast(by, rate.dtype)
        return keras.ops.maximum(rate, self.floor) if self.floor else rate

    def height(self, step: Any) -> Any:
        """Where in its cycle the inner schedule is; see `StepSchedule.height`."""
        inner: Any = self.schedule
        return inner.height(step)

    def get_config(self) -> dict[str, Any]:
        """The inner schedule and the current value of the factor."""
        return {
            "schedule": serialize(self.schedule),
            "by": number(self.by),
            "variable": isinstance(self.by, keras.Variable),
            "floor": self.floor,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The schedule from its config; a factor that was a variable is restored as a variable."""
        by = config["by"]
        if config["variable"]:
            by = keras.Variable(by, trainable=False, dtype=keras.config.floatx(), name="learning_rate_scale")
        return cls(deserialize(config["schedule"]), by, config.get("floor", 0.0))
