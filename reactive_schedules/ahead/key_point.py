"""A step worth naming."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyPoint:
    """A step worth naming.

    Fields:
        name: such as "peak".
        step: counted from 0.
        rate: the learning rate at that step.

    Example:
        >>> spec = rs.TrainingSpec.from_yaml("learning_rate: {family: linear, peak: 0.5}")
        >>> rs.preview(spec, rs.Horizon(steps_per_epoch=10, epochs=2, batch_size=32)).key_points[0]
        KeyPoint(name='start, peak', step=0, rate=0.5)
    """

    name: str
    step: int
    rate: float
