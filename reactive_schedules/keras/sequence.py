"""Schedules in sequence."""

from collections.abc import Iterable
from collections.abc import Sequence as SequenceOf
from typing import Any, Self

import keras
from keras.optimizers.schedules import LearningRateSchedule

from reactive_schedules.duration import Duration, Horizon, resolve, total_steps
from reactive_schedules.errors import SpecError
from reactive_schedules.families.piecewise import check_increasing
from reactive_schedules.families.sequence import join
from reactive_schedules.fields import SpecModel
from reactive_schedules.keras.arrays import KERAS, keras_position
from reactive_schedules.keras.composition import check_schedule, deserialize, serialize


class _Arguments(SpecModel):
    boundaries: tuple[Duration, ...]


@keras.saving.register_keras_serializable(package="reactive_schedules")
class Sequence(LearningRateSchedule):
    """Schedules in sequence, each with steps counted from its own boundary.

        rate(s) = parts[i](s − boundaries[i−1]),    boundaries[i−1] ≤ s < boundaries[i]

    Args:
        parts: Keras learning-rate schedules, at least two.
        boundaries: Points at which the next part begins, strictly increasing durations, one fewer than parts.
        horizon: Length of the run, which durations in epochs, percent or examples refer to.

    Raises:
        SpecError: A ValueError that names the argument.

    Example:
        >>> rate = rs.Sequence([rs.Constant(0.5), rs.Constant(0.25)], boundaries=[100])
        >>> float(rate(99)), float(rate(100))
        (0.5, 0.25)
    """

    def __init__(
        self,
        parts: SequenceOf[LearningRateSchedule],
        boundaries: SequenceOf[int | str],
        *,
        horizon: Horizon | int | None = None,
    ) -> None:
        for name, given in (("parts", parts), ("boundaries", boundaries)):
            if isinstance(given, str) or not isinstance(given, Iterable):
                raise SpecError(f"{name}: must be a list; got {given!r}")
        self.parts = [check_schedule(part, f"parts.{i}") for i, part in enumerate(parts)]
        durations = _Arguments.parse({"boundaries": list(boundaries)}).boundaries
        if len(self.parts) < 2 or len(durations) != len(self.parts) - 1:
            raise SpecError(
                f"boundaries: must have one entry fewer than parts, and parts at least two; "
                f"got {len(durations)} boundaries and {len(self.parts)} parts"
            )
        try:
            total = total_steps(horizon)
        except ValueError as error:
            raise SpecError(str(error)) from None
        try:
            self.boundaries = tuple(resolve(each, horizon) for each in durations)
        except ValueError as error:
            raise SpecError(f"boundaries: {error}") from None
        check_increasing(self.boundaries)
        if total is not None and self.boundaries[-1] >= total:
            raise SpecError(
                f"boundaries: must be below the horizon of {total} steps; got {list(self.boundaries)}"
            )

    def __call__(self, step: Any) -> Any:
        """The rate at `step` (any shape), in the dtype of the first part's rate."""
        return join(self.parts, self.boundaries, keras_position(step), KERAS)

    def get_config(self) -> dict[str, Any]:
        """The parts, and the boundaries in steps."""
        return {"parts": [serialize(part) for part in self.parts], "boundaries": list(self.boundaries)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The schedule from its config."""
        return cls([deserialize(part) for part in config["parts"]], config["boundaries"])
