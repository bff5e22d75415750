"""Families in sequence."""

from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from reactive_schedules.duration import Duration, Horizon, resolve
from reactive_schedules.errors import SpecError, fault, prefixed
from reactive_schedules.families.base import Family, Formula, Landmark
from reactive_schedules.families.learning_rate import LearningRate
from reactive_schedules.families.piecewise import check_increasing
from reactive_schedules.families.registry import register_family


def join(parts: list[Any], boundaries: tuple[int, ...], step: Any, ops: Any) -> Any:
    """The rate of part i between boundaries i−1 and i; each part counts steps from its own beginning.

    Args:
        parts: Functions of the step.
        boundaries: Strictly increasing steps, one fewer than parts.
        step: Steps, of any shape.
        ops: Array functions, see `families.arrays`.
    """
    # Elsewhere than between its boundaries, a part is asked for its first step, and the answer is not used.
    begin, after = ops.zeros_like(step), boundaries[0]
    rate = parts[0](ops.where(step < after, step, begin))
    for part, boundary, end in zip(parts[1:], boundaries, [*boundaries[1:], None], strict=True):
        inside = step >= boundary
        own = inside if end is None else ops.logical_and(inside, step < end)
        rate = ops.where(inside, part(ops.where(own, step - boundary, begin)), rate)
    return rate


class SequenceSpec(Family):
    """Families in sequence, each with steps counted from its own boundary.

        rate(s) = parts[i](s − boundaries[i−1]),    boundaries[i−1] ≤ s < boundaries[i]

    A part without a `length` fills the steps up to the next boundary. Percentages refer to the whole run, even
    inside a part.

    Example:
        >>> parts = [{"family": "constant", "peak": 0.1}, {"family": "linear", "peak": 0.05}]
        >>> spec = {"learning_rate": {"family": "sequence", "parts": parts, "boundaries": ["50%"]}}
        >>> float(rs.TrainingSpec.parse(spec).learning_rate.resolve(100)(75))
        0.025
    """

    family: Literal["sequence"] = "sequence"
    parts: tuple[LearningRate, ...] = Field(min_length=2, description="families, in order")
    boundaries: tuple[Duration, ...] = Field(
        min_length=1, description="points of the run at which the next part begins, one fewer than parts"
    )

    @model_validator(mode="after")
    def _check_counts(self) -> Self:
        if len(self.boundaries) != len(self.parts) - 1:
            raise fault(
                "boundaries",
                f"must have {len(self.parts) - 1} entries, one fewer than parts; got {len(self.boundaries)}",
            )
        return self

    @property
    def peak(self) -> float:
        """The highest peak of the parts."""
        return max(getattr(part, "peak", 0.0) for part in self.parts)


@register_family(SequenceSpec)
@dataclass(frozen=True)
class SequenceFormula(Formula[SequenceSpec]):
    """The formula of `SequenceSpec`."""

    boundaries: tuple[int, ...]
    parts: tuple[Formula[Any], ...]

    @classmethod
    def durations(cls) -> tuple[str, ...]:
        """Names of the parameters that are durations, without those of the parts."""
        return ("boundaries",)

    @classmethod
    def of(cls, spec: SequenceSpec, horizon: Horizon | int | None, available: int | None) -> Self:
        """See `Family.resolve`; each part gets the steps up to the next boundary."""
        try:
            boundaries = tuple(resolve(each, horizon) for each in spec.boundaries)
        except ValueError as error:
            raise SpecError(f"boundaries: {error}") from None
        check_increasing(boundaries)
        if available is not None and boundaries[-1] >= available:
            raise SpecError(
                f"boundaries: must be below the {available} available steps; got {list(boundaries)}"
            )
        parts = []
        ends = (*boundaries, available)
        for i, (part, begin, end) in enumerate(zip(spec.parts, (0, *boundaries), ends, strict=True)):
            try:
                parts.append(part.resolve(horizon, available=None if end is None else end - begin))
            except SpecError as error:
                raise prefixed(error, f"parts.{i}") from None
        in_steps = {"boundaries": boundaries, "parts": tuple(part.spec for part in parts)}
        return cls(spec.model_copy(update=in_steps), boundaries, tuple(parts))

    @property
    def landmarks(self) -> list[Landmark]:
        """The landmarks of the parts, and the beginnings of the parts."""
        marks = []
        begins = (0, *self.boundaries)
        for i, (part, begin) in enumerate(zip(self.parts, begins, strict=True)):
            end = begins[i + 1] if i + 1 < len(begins) else None
            marks += [(name, begin + at) for name, at in part.landmarks if end is None or begin + at < end]
            if end is not None:
                marks.append((f"part {i + 2} begins", end))
        return marks

    def value(self, step: Any, ops: Any) -> Any:
        """The rate of the part that is active at each step."""
        parts = [lambda s, part=part: part.value(s, ops) for part in self.parts]
        return join(parts, self.boundaries, step, ops)
