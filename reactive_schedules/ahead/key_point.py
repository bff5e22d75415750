"""A step worth naming."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyPoint:
    """A step worth naming.

    Fields:
        name: such as "peak".
        step: counted from 0.
        rate: the learning rate at that step.
    """

    name: str
    step: int
    rate: float
