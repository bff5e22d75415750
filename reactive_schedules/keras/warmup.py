"""A warm-up before another schedule."""

from typing import Any, Self

import keras
from keras.optimizers.schedules import LearningRateSchedule
from pydantic import model_validator

from reactive_schedules.duration import Duration, Horizon, resolve, total_steps
from reactive_schedules.errors import SpecError
from reactive_schedules.families.base import WarmupShape, check_ramp, ramp
from reactive_schedules.fields import Ratio, SpecModel
from reactive_schedules.keras.arrays import KERAS, keras_position
from reactive_schedules.keras.composition import check_schedule, deserialize, serialize


class _Arguments(SpecModel):
    steps: Duration
    shape: WarmupShape
    start: Ratio

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_ramp(self.shape, self.start, "start")
        return self


@keras.saving.register_keras_serializable(package="reactive_schedules")
class Warmup(LearningRateSchedule):
    """Rises to the first rate of another schedule, then follows that schedule from its step 0.

        rate(s) = schedule(0) · (start + (1 − start) · s / w)     linear,       s < w = steps
        rate(s) = schedule(0) · start^(1 − s / w)                 exponential,  s < w
        rate(s) = schedule(0) · start                             constant,     s < w
        rate(s) = schedule(s − w)                                 s ≥ w

    Args:
        schedule: Keras learning-rate schedule after the warm-up.
        steps: Duration of the warm-up, at least one step.
        shape: Shape of the warm-up, `linear`, `exponential` or `constant`.
        start: Rate at step 0 as a fraction of the rate after the warm-up, in [0, 1]; above 0 unless linear.
        horizon: Length of the run, which a duration in epochs, percent or examples refers to.

    Raises:
        SpecError: A ValueError that names the argument.

    Source: Goyal et al. 2017 (arXiv 1706.02677, section 2.2): constant and gradual warm-up.

    Example:
        >>> rate = rs.Warmup(rs.Constant(0.5), steps=100)
        >>> float(rate(50)), float(rate(100))
        (0.25, 0.5)
    """

    def __init__(
        self,
        schedule: LearningRateSchedule,
        steps: int | str,
        *,
        shape: WarmupShape = "linear",
        start: float = 0.0,
        horizon: Horizon | int | None = None,
    ) -> None:
        self.schedule = check_schedule(schedule, "schedule")
        arguments = _Arguments.parse({"steps": steps, "shape": shape, "start": start})
        try:
            total = total_steps(horizon)
        except ValueError as error:
            raise SpecError(str(error)) from None
        try:
            self.steps = resolve(arguments.steps, horizon)
        except ValueError as error:
            raise SpecError(f"steps: {error}") from None
        if self.steps < 1:
            raise SpecError(f"steps: must be in [1, inf) steps; got {self.steps}")
        if total is not None and self.steps >= total:
            raise SpecError(f"steps: must be shorter than the horizon of {total} steps; got {self.steps}")
        self.shape: WarmupShape = arguments.shape
        self.start = arguments.start

    def __call__(self, step: Any) -> Any:
        """The rate at `step` (any shape), in the dtype of the inner schedule's rate."""
        step = keras_position(step)
        after = KERAS.convert_to_tensor(self.schedule(KERAS.maximum(step - self.steps, 0)))
        factor = ramp(step, self.steps, self.shape, self.start, KERAS)
        first = KERAS.real(self.schedule(keras_position(0)))
        return KERAS.where(step < self.steps, KERAS.cast(first * factor, after.dtype), after)

    def get_config(self) -> dict[str, Any]:
        """The inner schedule and the warm-up, in steps."""
        return {
            "schedule": serialize(self.schedule),
            "steps": self.steps,
            "shape": self.shape,
            "start": self.start,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The schedule from its config."""
        return cls(**{**config, "schedule": deserialize(config["schedule"])})
