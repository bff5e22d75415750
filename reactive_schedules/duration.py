"""Durations such as `5ep` or `30%`, and the horizon against which they become steps.

Units: `200st` steps (parameter updates), `5ep` epochs, `30%` of the whole run, `50000ex` examples. A plain
integer counts steps.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from numbers import Integral
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_UNITS = "st, ep, % or ex"
_TEXT = re.compile(r"\s*(\d+(?:\.\d+)?(?:[eE]\d+)?)\s*(st|ep|%|ex)\s*")
_SEVERAL = re.compile(r"(\s*[\d.]+(?:[eE]\d+)?\s*(st|ep|%|ex)[\s,+]*){2,}")


@dataclass(frozen=True)
class Horizon:
    """How long a run is: what `ep`, `%` and `ex` refer to.

    Args:
        steps_per_epoch: parameter updates per epoch at the initial batch size.
        epochs: epochs of the whole run.
        batch_size: examples per step at the start of the run.

    Raises:
        ValueError: an argument is not an integer of at least 1.

    Example:
        >>> rs.Horizon.of_examples(50_000, batch_size=128, epochs=40).total_steps
        15640
    """

    steps_per_epoch: int
    epochs: int
    batch_size: int

    def __post_init__(self) -> None:
        for name in ("steps_per_epoch", "epochs", "batch_size"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name}: must be an integer in [1, inf); got {value!r}")
            object.__setattr__(self, name, int(value))

    @classmethod
    def of_examples(cls, examples: int, *, batch_size: int, epochs: int) -> "Horizon":
        """The horizon of a data set of `examples` rows whose last, smaller batch is kept.

        Raises:
            ValueError: an argument is not an integer of at least 1.
        """
        if isinstance(examples, bool) or not isinstance(examples, Integral) or examples < 1:
            raise ValueError(f"examples: must be an integer in [1, inf); got {examples!r}")
        checked = cls(1, epochs, batch_size)
        return cls(ceil(examples / checked.batch_size), checked.epochs, checked.batch_size)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run."""
        return self.steps_per_epoch * self.epochs


def total_steps(horizon: "Horizon | int | None") -> int | None:
    """The steps of a horizon, which an integer gives directly.

    Raises:
        ValueError: neither a Horizon nor an integer of at least 1 nor None.
    """
    if horizon is None:
        return None
    if isinstance(horizon, Horizon):
        return horizon.total_steps
    if isinstance(horizon, bool) or not isinstance(horizon, Integral) or horizon < 1:
        raise ValueError(f"horizon: must be a Horizon, or a number of steps in [1, inf); got {horizon!r}")
    return int(horizon)


def parse(duration: "int | str") -> tuple[Fraction, str]:
    """Splits a duration into its number and its unit (`st`, `ep`, `%` or `ex`).

    Raises:
        ValueError: not an integer and not a number followed by exactly one unit.
    """
    if isinstance(duration, Integral) and not isinstance(duration, bool | str):
        steps = int(duration)
        if steps < 0:
            raise ValueError(f"must be a duration in [0, inf); got {duration!r}")
        return Fraction(steps), "st"
    if not isinstance(duration, str):
        raise ValueError(
            f"must be an integer of steps or a number with one unit ({_UNITS}), like 30%; got {duration!r}"
        )
    if _SEVERAL.fullmatch(duration):
        raise ValueError(f"has two units; write one number with one of {_UNITS}; got {duration!r}")
    match = _TEXT.fullmatch(duration)
    if match is None:
        raise ValueError(f"must be a number followed by {_UNITS}, for example 5ep or 30%; got {duration!r}")
    number, unit = Fraction(match[1]), match[2]
    if unit in ("st", "ex") and number.denominator != 1:
        raise ValueError(f"must be a whole number of {unit}; got {duration!r}")
    return number, unit


def resolve(duration: "int | str", horizon: "Horizon | int | None" = None) -> int:
    """A duration in steps.

    Epochs and percent round to the nearest step (half up); examples round up to the step that has seen them.

    Args:
        duration: `200st`, `5ep`, `30%`, `50000ex` or an integer of steps.
        horizon: what `ep`, `%` and `ex` refer to. An integer stands for the total number of steps, which is
            enough for `%`.

    Returns:
        Steps, 0 or more.

    Raises:
        ValueError: the duration is malformed, or its unit needs a horizon that is not given.
    """
    number, unit = parse(duration)
    if unit == "st":
        return int(number)
    total = total_steps(horizon)
    if unit == "%" and total is not None:
        return floor(number * total / 100 + Fraction(1, 2))
    if not isinstance(horizon, Horizon):
        need = "needs a horizon" if horizon is None else "needs a Horizon, not just a number of steps"
        raise ValueError(
            f"{duration!r} {need}; pass horizon=Horizon(steps_per_epoch, epochs, batch_size) or write steps"
        )
    if unit == "ep":
        return floor(number * horizon.steps_per_epoch + Fraction(1, 2))
    return ceil(number / horizon.batch_size)


def _checked(duration: "int | str") -> "int | str":
    number, unit = parse(duration)
    # Steps are stored as integers, so that a resolved spec equals one written in steps.
    return int(number) if unit == "st" else str(duration).strip()


Duration = Annotated[
    int | str,
    BeforeValidator(_checked),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": r"^\s*\d+(\.\d+)?([eE]\d+)?\s*(st|ep|%|ex)\s*$"},
            ],
            "description": "an integer of steps, or 200st, 5ep (epochs), 30% (of the run), 900ex (examples)",
        }
    ),
]
"""A duration as a field of a pydantic model: an integer of steps, or text with a unit."""
