"""Key points of a schedule."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyPoint:
    """A named step of a schedule, and its learning rate.

    Attributes:
        name: Name, such as "peak".
        step: Step, counted from 0.
        rate: Learning rate at the step.

    Example:
        >>> spec = rs.TrainingSpec.from_yaml("learning_rate: {family: linear, peak: 0.5}")
        >>> rs.preview(spec, rs.Horizon(steps_per_epoch=10, epochs=2, batch_size=32)).key_points[0]
        KeyPoint(name='start, peak', step=0, rate=0.5)
    """

    name: str
    step: int
    rate: float
