"""What every family of step schedules has in common."""

from typing import Any, ClassVar, Literal, Self

import numpy
from pydantic import Field, model_validator

from reactive_schedules.duration import Duration, Horizon, resolve, total_steps
from reactive_schedules.errors import SpecError, fault
from reactive_schedules.families.arrays import NUMPY, numpy_position
from reactive_schedules.fields import Model, Rate, Ratio


class Family(Model):
    """A step schedule as data: its parameters, and its formula once the durations are steps.

    A family is a pure function of the step. `resolve` turns its durations into steps; a resolved family can
    be called with steps (numpy, no Keras), and `value` evaluates the same formula on tensors.
    """

    durations: ClassVar[tuple[str, ...]] = ("warmup", "length")
    family: str

    def resolve(self, horizon: Horizon | int | None = None, *, available: int | None = None) -> Self:
        """The same schedule with every duration in steps.

        Args:
            horizon: what the units refer to; an integer is a total number of steps.
            available: steps this schedule has when it is part of a sequence; the whole horizon by default.

        Raises:
            SpecError: a duration needs a horizon that is missing, or durations do not fit together.
        """
        try:
            total = total_steps(horizon)
        except ValueError as error:
            raise SpecError(str(error)) from None
        return self._fill(self._resolve_durations(horizon), total if available is None else available)

    def _resolve_durations(self, horizon: Horizon | int | None) -> Self:
        steps = {}
        for name in self.durations:
            duration = getattr(self, name, None)
            try:
                if isinstance(duration, tuple):
                    steps[name] = tuple(resolve(each, horizon) for each in duration)
                elif duration is not None:
                    steps[name] = resolve(duration, horizon)
            except ValueError as error:
                raise SpecError(f"{name}: {error}") from None
        return self.model_copy(update=steps)

    def _fill(self, resolved: Self, available: int | None) -> Self:
        """Adds what follows from the available steps, and checks that durations fit together."""
        return resolved

    @property
    def landmarks(self) -> list[tuple[str, int]]:
        """Named steps at which a resolved schedule changes its course."""
        return []

    def value(self, step: Any, ops: Any) -> Any:
        """The rate of a resolved schedule.

        Args:
            step: steps of 0 or more, of any shape, integer or float.
            ops: `rs.arrays.NUMPY` or `rs.keras_arrays.KERAS`.

        Returns:
            Rates of the same shape, in the working precision of `ops`.
        """
        raise NotImplementedError

    def __call__(self, step: Any) -> numpy.ndarray:
        """The rate at `step` (a number or an array), computed by numpy in float64."""
        return self.value(numpy_position(step), NUMPY)


WarmupShape = Literal["linear", "exponential", "constant"]


def ramp(step: Any, steps: int, shape: WarmupShape, start: float, ops: Any) -> Any:
    """The warm-up factor: from `start` at step 0 to 1 at `steps`."""
    if shape == "constant":
        return ops.zeros_like(ops.real(step)) + start
    done = ops.real(step) / steps
    if shape == "exponential":
        # start ** (1 - done), from an exact difference of steps.
        return ops.exp(ops.real(ops.maximum(steps - step, 0)) * (numpy.log(start).item() / steps))
    return start + (1 - start) * done


def check_ramp(shape: WarmupShape, start: float, name: str) -> None:
    """A warm-up that multiplies, or stays where it is, cannot begin at 0.

    Raises:
        PydanticCustomError: names the argument.
    """
    if shape != "linear" and start == 0:
        raise fault(name, f"must be in (0, 1] with an {shape} warm-up; got 0.0")


class WarmedFamily(Family):
    """A family that may begin with a warm-up, from whose end on its own steps count."""

    peak: Rate = Field(description="highest rate the schedule reaches")
    warmup: Duration = Field(0, description="how long the rate rises to its first value")
    warmup_shape: WarmupShape = Field("linear", description="course of the warm-up")
    warmup_start: Ratio = Field(0.0, description="rate at step 0 over the rate at the end of the warm-up")

    @model_validator(mode="after")
    def _check_warmup(self) -> Self:
        if self.warmup != 0:
            check_ramp(self.warmup_shape, self.warmup_start, "warmup_start")
        return self

    def _fill(self, resolved: Self, available: int | None) -> Self:
        # A constant may be all warm-up, as a part of a sequence; a decay needs a step of its own.
        decays = "length" in type(self).model_fields
        if available is not None and resolved.warmup > available - decays:
            raise SpecError(
                f"warmup: must be shorter than the {available} steps there are; got {resolved.warmup} steps"
            )
        if not decays:
            return resolved
        if resolved.length is None:
            if available is None:
                raise SpecError("length: is missing; give it in steps, or pass a horizon")
            resolved = resolved.model_copy(update={"length": available - resolved.warmup})
        if resolved.length < 1:
            raise SpecError(f"length: must be in [1, inf) steps; got {resolved.length}")
        return resolved

    @property
    def landmarks(self) -> list[tuple[str, int]]:
        """Named steps at which a resolved schedule changes its course."""
        marks = [("warm-up ends", self.warmup)] if self.warmup else []
        if "length" in type(self).model_fields:
            marks.append(("decay ends", self.warmup + self.length))
        return marks

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the warm-up's end."""
        raise NotImplementedError

    def value(self, step: Any, ops: Any) -> Any:
        """The rate: the warm-up, then the family's own course."""
        if self.warmup == 0:
            return self.after_warmup(step, ops)
        first = float(self.after_warmup(numpy.asarray(0), NUMPY))
        rising = first * ramp(step, self.warmup, self.warmup_shape, self.warmup_start, ops)
        return ops.where(
            step < self.warmup, rising, self.after_warmup(ops.maximum(step - self.warmup, 0), ops)
        )


class DecayingFamily(WarmedFamily):
    """A family that falls from `peak` to `peak * final_ratio` over `length` steps, and stays there."""

    final_ratio: Ratio = Field(0.0, description="final rate over the peak")
    length: Duration | None = Field(
        None, description="steps of the decay, counted from the warm-up's end; the rest of the run by default"
    )

    def fall(self, remaining: Any, ops: Any) -> Any:
        """The course from 1 to 0, given the steps that remain (an exact difference, `length` to 0)."""
        raise NotImplementedError

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the warm-up's end."""
        remaining = ops.real(self.length - ops.minimum(step, self.length))
        return self.peak * (self.final_ratio + (1 - self.final_ratio) * self.fall(remaining, ops))
