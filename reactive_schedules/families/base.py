"""What every family has in common: its parameters as data, and its formula once the durations are steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

import numpy
from pydantic import Field, model_validator

from reactive_schedules.duration import Duration, Horizon, resolve, total_steps
from reactive_schedules.errors import SpecError, fault
from reactive_schedules.families.arrays import NUMPY, numpy_position
from reactive_schedules.fields import Rate, Ratio, SpecModel

Landmark = tuple[str, int]
"""A named step."""


class Family(SpecModel):
    """The parameters of a step schedule. `resolve` makes a function of the step of them.

    Example:
        >>> rs.TrainingSpec.parse({"learning_rate": {"family": "cosine", "peak": 0.1}}).learning_rate.family
        'cosine'
    """

    formula: ClassVar[type[Formula[Any]]]
    """What `register_family` registered for this family."""

    family: str

    def resolve(self, horizon: Horizon | int | None = None, *, available: int | None = None) -> Formula[Any]:
        """The rate as a function of the step.

        Args:
            horizon: what the units of durations refer to; an integer is a total number of steps.
            available: steps this schedule has when it is part of a sequence; the whole horizon by default.

        Raises:
            SpecError: a duration needs a horizon that is missing, or durations do not fit together.
        """
        if not hasattr(type(self), "formula"):
            raise SpecError(
                f"family: {type(self).__name__} has no formula; register one with register_family"
            )
        try:
            total = total_steps(horizon)
        except ValueError as error:
            raise SpecError(str(error)) from None
        return self.formula.of(self, horizon, total if available is None else available)


F = TypeVar("F", bound=Family)


@dataclass(frozen=True)
class Formula(ABC, Generic[F]):
    """The rate as a pure function of the step: a family whose durations are steps.

    Subclasses are frozen dataclasses whose own fields are the durations, by their names in the family: `int`, or
    `tuple[int, ...]` for several. The other parameters are in `spec`.

    Attributes:
        spec: the family, with its durations in steps, too.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "cosine", "peak": 0.5, "warmup": "10%"}})
        >>> formula = spec.learning_rate.resolve(1000)
        >>> formula.warmup, formula.length, formula([0, 50, 100]).tolist()
        (100, 900, [0.0, 0.25, 0.5])
    """

    spec: F

    @classmethod
    def durations(cls) -> tuple[str, ...]:
        """Names of the parameters that are durations."""
        return tuple(field.name for field in fields(cls) if field.name != "spec")

    @classmethod
    def of(cls, spec: F, horizon: Horizon | int | None, available: int | None) -> Self:
        """See `Family.resolve`, which calls this."""
        steps = {}
        for name in cls.durations():
            duration = getattr(spec, name)
            try:
                if isinstance(duration, tuple):
                    steps[name] = tuple(resolve(each, horizon) for each in duration)
                else:
                    steps[name] = None if duration is None else resolve(duration, horizon)
            except ValueError as error:
                raise SpecError(f"{name}: {error}") from None
        if steps.get("length", 0) is None:
            if available is None:
                raise SpecError("length: is missing; give it in steps, or pass a horizon")
            steps["length"] = available - steps["warmup"]
        formula = cls(spec.model_copy(update=steps), **steps)
        formula.check(available)
        return formula

    def check(self, available: int | None) -> None:
        """Makes sure that the durations fit together, and into the available steps if these are known.

        Raises:
            SpecError: they do not.
        """

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the rate changes its course."""
        return []

    @abstractmethod
    def value(self, step: Any, ops: Any) -> Any:
        """The rate.

        Args:
            step: steps of 0 or more, of any shape, integer or float.
            ops: the functions to compute with, `families.arrays.NUMPY` or `keras.arrays.KERAS`.

        Returns:
            Rates of the same shape, in the working precision of `ops`.
        """

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
    """A family that may begin with a warm-up, from whose end on its own steps count.

    Example:
        >>> [name for name in rs.WarmedFamily.model_fields]
        ['family', 'peak', 'warmup', 'warmup_shape', 'warmup_start']
    """

    peak: Rate = Field(description="highest rate the schedule reaches")
    warmup: Duration = Field(default=0, description="how long the rate rises to its first value")
    warmup_shape: WarmupShape = Field(default="linear", description="course of the warm-up")
    warmup_start: Ratio = Field(
        default=0.0, description="rate at step 0 over the rate at the end of the warm-up"
    )

    @model_validator(mode="after")
    def _check_warmup(self) -> Self:
        if self.warmup != 0:
            check_ramp(self.warmup_shape, self.warmup_start, "warmup_start")
        return self


W = TypeVar("W", bound=WarmedFamily)


@dataclass(frozen=True)
class WarmedFormula(Formula[W]):
    """The formula of a `WarmedFamily`: subclasses give the course after the warm-up.

    Example:
        >>> class Halved(rs.WarmedFormula):
        ...     def after_warmup(self, step, ops):
        ...         return self.spec.peak / 2 + ops.zeros_like(ops.real(step))
    """

    warmup: int

    def check(self, available: int | None) -> None:
        """Makes sure that the warm-up fits. A constant may be all warm-up, as a part of a sequence."""
        self._check_warmup(available, left=0)

    def _check_warmup(self, available: int | None, left: int) -> None:
        if available is not None and self.warmup > available - left:
            raise SpecError(
                f"warmup: must be shorter than the {available} steps there are; got {self.warmup} steps"
            )

    @property
    def landmarks(self) -> list[Landmark]:
        """Where the warm-up ends."""
        return [("warm-up ends", self.warmup)] if self.warmup else []

    @abstractmethod
    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the warm-up's end."""

    def value(self, step: Any, ops: Any) -> Any:
        """The rate: the warm-up, then the family's own course."""
        if self.warmup == 0:
            return self.after_warmup(step, ops)
        first = float(self.after_warmup(numpy.asarray(0), NUMPY))
        spec = self.spec
        rising = first * ramp(step, self.warmup, spec.warmup_shape, spec.warmup_start, ops)
        return ops.where(
            step < self.warmup, rising, self.after_warmup(ops.maximum(step - self.warmup, 0), ops)
        )


@dataclass(frozen=True)
class LongFormula(WarmedFormula[W]):
    """The formula of a `WarmedFamily` with a `length`, which needs a step of its own after the warm-up."""

    length: int

    def check(self, available: int | None) -> None:
        """Makes sure that warm-up and length fit."""
        self._check_warmup(available, left=1)
        if self.length < 1:
            raise SpecError(f"length: must be in [1, inf) steps; got {self.length}")

    @property
    def landmarks(self) -> list[Landmark]:
        """Where the warm-up and the decay end."""
        return [*super().landmarks, ("decay ends", self.warmup + self.length)]


class DecayingFamily(WarmedFamily):
    """A family that falls from `peak` to `peak * final_ratio` over `length` steps, and stays there.

    Example:
        >>> [name for name in rs.DecayingFamily.model_fields if name not in rs.WarmedFamily.model_fields]
        ['final_ratio', 'length']
    """

    final_ratio: Ratio = Field(default=0.0, description="final rate over the peak")
    length: Duration | None = Field(
        default=None,
        description="steps of the decay, counted from the warm-up's end; the rest of the run by default",
    )


D = TypeVar("D", bound=DecayingFamily)


@dataclass(frozen=True)
class DecayingFormula(LongFormula[D]):
    """The formula of a `DecayingFamily`: subclasses give the course from 1 to 0.

    Example:
        >>> class Squared(rs.DecayingFormula):
        ...     def fall(self, remaining, ops):
        ...         return ops.square(remaining / self.length)
    """

    @abstractmethod
    def fall(self, remaining: Any, ops: Any) -> Any:
        """The course from 1 to 0, given the steps that remain (an exact difference, `length` to 0)."""

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the warm-up's end."""
        spec, remaining = self.spec, ops.real(self.length - ops.minimum(step, self.length))
        return spec.peak * (spec.final_ratio + (1 - spec.final_ratio) * self.fall(remaining, ops))
