"""The base classes of families (parameters as data) and formulas (durations in steps)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

import numpy
from pydantic import Field, model_validator

from reactive_schedules.duration import Duration, Horizon, resolve, total_steps
from reactive_schedules.errors import SpecError, fault
from reactive_schedules.families.arrays import NUMPY, numpy_position
from reactive_schedules.fields import Interval, Rate, Ratio, SpecModel

Landmark = tuple[str, int]
"""A named step."""


class Family(SpecModel):
    """The parameters of a step schedule; `resolve` turns them into a function of the step.

    Example:
        >>> rs.TrainingSpec.parse({"learning_rate": {"family": "cosine", "peak": 0.1}}).learning_rate.family
        'cosine'
    """

    formula: ClassVar[type[Formula[Any]]]
    """Formula of the family, set by `register_family`."""

    least_warmup: ClassVar[int] = 0
    """Steps that the warm-up must have at least, which a search gives it."""

    family: str

    def resolve(self, horizon: Horizon | int | None = None, *, available: int | None = None) -> Formula[Any]:
        """The rate as a function of the step.

        Args:
            horizon: Length of the run, which durations refer to; an integer is the total number of steps.
            available: Number of steps for this schedule as part of a sequence; None takes the whole horizon.

        Raises:
            SpecError: A duration needs a horizon, or the durations do not fit together.
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
    """The rate as a pure function of the step: a family with its durations in steps.

    Subclasses are frozen dataclasses whose fields are the family's durations, under the same names: `int`, or
    `tuple[int, ...]` for several. The other parameters are in `spec`.

    Attributes:
        spec: Family, with its durations in steps.

    Example:
        >>> spec = rs.TrainingSpec.parse({"learning_rate": {"family": "cosine", "peak": 0.5, "warmup": "10%"}})
        >>> formula = spec.learning_rate.resolve(1000)
        >>> formula.warmup, formula.length, formula([0, 50, 100]).tolist()
        (100, 900, [0.0, 0.25, 0.5])
    """

    cycles: ClassVar[bool] = False
    """Whether the rate rises and falls again, so that it has a `height`."""

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
                raise SpecError("length: is missing; set it in steps, or pass a horizon")
            steps["length"] = available - steps["warmup"]
        formula = cls(spec.model_copy(update=steps), **steps)
        formula.check(available)
        return formula

    def check(self, available: int | None) -> None:
        """Checks that the durations fit together, and fit the available steps if they are known.

        Raises:
            SpecError: The durations do not fit.
        """

    @property
    def landmarks(self) -> list[Landmark]:
        """Named steps at which the course of the rate changes."""
        return []

    def height(self, step: Any, ops: Any) -> Any:
        """Where in its cycle the rate is, from 0 (lowest) to 1 (highest), if `cycles`; see `value` for the rest.

        Raises:
            NotImplementedError: The rate has no cycle.
        """
        raise NotImplementedError

    @abstractmethod
    def value(self, step: Any, ops: Any) -> Any:
        """The rate.

        Args:
            step: Steps, at least 0, integer or float, of any shape.
            ops: Array functions, `families.arrays.NUMPY` or `keras.arrays.KERAS`.

        Returns:
            Rates, in the shape of `step` and the working precision of `ops`.
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
    """Checks that an exponential or constant warm-up does not begin at 0.

    Raises:
        PydanticCustomError: It does; names the argument.
    """
    if shape != "linear" and start == 0:
        raise fault(name, f"must be in (0, 1] with an {shape} warm-up; got 0.0")


class WarmedFamily(Family):
    """A family with an optional warm-up; the family's own steps count from the end of the warm-up.

    Example:
        >>> [name for name in rs.WarmedFamily.model_fields]
        ['family', 'peak', 'warmup', 'warmup_shape', 'warmup_start']
    """

    peak: Rate = Field(description="highest learning rate of the schedule")
    warmup: Duration = Field(default=0, description="duration of the warm-up")
    warmup_shape: WarmupShape = Field(default="linear", description="shape of the warm-up")
    warmup_start: Ratio = Field(
        default=0.0, description="rate at step 0 as a fraction of the rate after the warm-up"
    )

    @model_validator(mode="after")
    def _check_warmup(self) -> Self:
        if self.warmup != 0:
            check_ramp(self.warmup_shape, self.warmup_start, "warmup_start")
        return self


W = TypeVar("W", bound=WarmedFamily)


@dataclass(frozen=True)
class WarmedFormula(Formula[W]):
    """The formula of a `WarmedFamily`; subclasses define the rate after the warm-up.

    Example:
        >>> class Halved(rs.WarmedFormula):
        ...     def after_warmup(self, step, ops):
        ...         return self.spec.peak / 2 + ops.zeros_like(ops.real(step))
    """

    warmup: int

    def check(self, available: int | None) -> None:
        """Checks that the warm-up fits. It may fill all steps, as in a part of a sequence that is all warm-up."""
        self._check_warmup(available, left=0)

    def _check_warmup(self, available: int | None, left: int) -> None:
        if available is not None and self.warmup > available - left:
            raise SpecError(
                f"warmup: must be shorter than the {available} available steps; got {self.warmup} steps"
            )

    @property
    def landmarks(self) -> list[Landmark]:
        """The end of the warm-up."""
        return [("warm-up ends", self.warmup)] if self.warmup else []

    @abstractmethod
    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""

    def value(self, step: Any, ops: Any) -> Any:
        """The rate during and after the warm-up."""
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
    """The formula of a `WarmedFamily` with a `length`, of at least one step after the warm-up."""

    length: int

    def check(self, available: int | None) -> None:
        """Checks that warm-up and length fit."""
        self._check_warmup(available, left=1)
        if self.length < 1:
            raise SpecError(f"length: must be in [1, inf) steps; got {self.length}")

    @property
    def landmarks(self) -> list[Landmark]:
        """The ends of the warm-up and of the decay."""
        return [*super().landmarks, ("decay ends", self.warmup + self.length)]


class DecayingFamily(WarmedFamily):
    """A family that decays from `peak` to `peak * final_ratio` over `length` steps, then stays constant.

    With `k_decay` other than 1, the share s / n of the decay that is done is replaced by (s / n)^k_decay, so above 1
    the rate stays high for longer (Zhang & Li 2020, arXiv 2004.05909).

    Example:
        >>> [name for name in rs.DecayingFamily.model_fields if name not in rs.WarmedFamily.model_fields]
        ['final_ratio', 'length', 'k_decay']
        >>> float(rs.Linear(1.0, k_decay=2, horizon=10)(5))
        0.75
    """

    final_ratio: Ratio = Field(default=0.0, description="final rate as a fraction of the peak")
    length: Duration | None = Field(
        default=None,
        description="duration of the decay after the warm-up; the rest of the run by default",
    )
    k_decay: Annotated[float, Interval("(0, 100]")] = Field(
        default=1.0, description="exponent on the share of the decay that is done"
    )


D = TypeVar("D", bound=DecayingFamily)


@dataclass(frozen=True)
class DecayingFormula(LongFormula[D]):
    """The formula of a `DecayingFamily`; subclasses define the decay from 1 to 0.

    Example:
        >>> class Squared(rs.DecayingFormula):
        ...     def fall(self, remaining, ops):
        ...         return ops.square(remaining / self.length)
    """

    @abstractmethod
    def fall(self, remaining: Any, ops: Any) -> Any:
        """The decay from 1 to 0, as a function of the remaining steps (an exact difference, from `length` to 0)."""

    def after_warmup(self, step: Any, ops: Any) -> Any:
        """The rate `step` steps after the end of the warm-up."""
        spec, done = self.spec, ops.minimum(step, self.length)
        remaining = ops.real(self.length - done)
        if spec.k_decay != 1:
            remaining = self._delayed(ops.real(done), remaining, ops)
        return spec.peak * (spec.final_ratio + (1 - spec.final_ratio) * self.fall(remaining, ops))

    def _delayed(self, done: Any, remaining: Any, ops: Any) -> Any:
        """The remaining steps, n (1 − (s / n)^k)."""
        k, n = self.spec.k_decay, self.length
        early = 1 - ops.minimum(done / n, 0.5) ** k
        # Near the end, from the exact difference of steps, because a power of almost 1 would cancel.
        late = -ops.expm1(k * ops.log1p(-ops.minimum(remaining / n, 0.5)))
        return n * ops.where(2 * remaining > n, early, late)
