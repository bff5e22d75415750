"""Families one after the other."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from reactive_schedules.duration import Duration, Horizon, total_steps
from reactive_schedules.errors import SpecError, fault, prefixed
from reactive_schedules.families.base import Family
from reactive_schedules.families.piecewise import check_increasing


def join(parts: list[Any], boundaries: tuple[int, ...], step: Any, ops: Any) -> Any:
    """Part i's rate between boundaries i−1 and i, each part seeing steps counted from its own beginning.

    Args:
        parts: functions of (step).
        boundaries: strictly increasing steps, one fewer than parts.
        step: steps of any shape.
        ops: numpy or Keras, as in `rs.arrays`.
    """
    rate = parts[0](step)
    for part, boundary in zip(parts[1:], boundaries, strict=True):
        rate = ops.where(step >= boundary, part(ops.maximum(step - boundary, 0)), rate)
    return rate


class SequenceSpec(Family):
    """Other families, each from its boundary on, with steps counted from there.

        rate(s) = parts[i](s − boundaries[i−1]),    boundaries[i−1] ≤ s < boundaries[i]

    A part without a `length` fills the steps up to the next boundary. A percentage is of the whole run, also
    inside a part.
    """

    durations = ("boundaries",)

    family: Literal["sequence"] = "sequence"
    parts: tuple["LearningRate", ...] = Field(min_length=2, description="the families, in order")  # noqa: F821
    boundaries: tuple[Duration, ...] = Field(
        min_length=1, description="where the next part begins, one fewer than parts"
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
        return max(part.peak for part in self.parts)

    def resolve(self, horizon: Horizon | int | None = None, *, available: int | None = None) -> Self:
        """The same schedule with every duration in steps; see `Family.resolve`."""
        resolved = super().resolve(horizon, available=available)
        check_increasing(resolved.boundaries)
        ends = (*resolved.boundaries, total_steps(horizon) if available is None else available)
        if ends[-1] is not None and ends[-2] >= ends[-1]:
            raise SpecError(
                f"boundaries: must be below the {ends[-1]} steps there are; got {list(ends[:-1])}"
            )
        parts = []
        for i, (part, begin, end) in enumerate(zip(self.parts, (0, *resolved.boundaries), ends, strict=True)):
            try:
                parts.append(part.resolve(horizon, available=None if end is None else end - begin))
            except SpecError as error:
                raise prefixed(error, f"parts.{i}") from None
        return resolved.model_copy(update={"parts": tuple(parts)})

    @property
    def landmarks(self) -> list[tuple[str, int]]:
        """Named steps at which a resolved schedule changes its course."""
        marks = []
        begins = (0, *self.boundaries)
        for i, (part, begin) in enumerate(zip(self.parts, begins, strict=True)):
            end = begins[i + 1] if i + 1 < len(begins) else None
            marks += [(name, begin + at) for name, at in part.landmarks if end is None or begin + at < end]
            if end is not None:
                marks.append((f"part {i + 2} begins", end))
        return marks

    def value(self, step: Any, ops: Any) -> Any:
        """The rate of the part that holds at each step."""
        parts = [lambda s, part=part: part.value(s, ops) for part in self.parts]
        return join(parts, self.boundaries, step, ops)
