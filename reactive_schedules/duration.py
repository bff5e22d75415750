"""Durations such as `5ep` or `30%`, and the horizon that converts them to steps.

Units: `200st` is steps (parameter updates), `5ep` epochs, `30%` a share of the run, `50000ex` examples. A plain
integer is a number of steps. `max(4ep, 300st)` is the longest of several: a floor for data of which an epoch has few
steps.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from numbers import Integral
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from reactive_schedules.errors import SpecError
from reactive_schedules.fields import Interval

_UNITS = "st, ep, % or ex"
_TEXT = re.compile(r"\s*(\d+(?:\.\d+)?(?:[eE]\d+)?)\s*(st|ep|%|ex)\s*", re.ASCII)
_SEVERAL = re.compile(r"(\s*[\d.]+(?:[eE]\d+)?\s*(st|ep|%|ex)[\s,+]*){2,}", re.ASCII)
_LONGEST = 40  # characters
_MAXIMUM = re.compile(r"\s*max\s*\((.*)\)\s*", re.ASCII | re.DOTALL)
_MOST_TERMS = 8

MOST_STEPS = 10**15
"""Largest number of steps, and of any unit: whole numbers up to here are exact as floats, and sums do not overflow."""

_COUNTS = f"[1, {MOST_STEPS:.0e}]"


@dataclass(frozen=True)
class Horizon:
    """The length of a run, which durations in `ep`, `%` and `ex` refer to.

    Args:
        steps_per_epoch: Parameter updates per epoch at the initial batch size.
        epochs: Number of epochs in the run.
        batch_size: Initial batch size, in examples.

    Raises:
        SpecError: An argument is not an integer in [1, `MOST_STEPS`], or the run has more than `MOST_STEPS` steps.

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
            object.__setattr__(self, name, _count(name, value))
        if self.total_steps > MOST_STEPS:
            raise SpecError(
                f"horizon: must be at most {MOST_STEPS:.0e} steps; got {self.epochs} epochs of {self.steps_per_epoch}"
            )

    @classmethod
    def of_examples(cls, examples: int, *, batch_size: int, epochs: int) -> "Horizon":
        """The horizon for `examples` training examples; a smaller last batch counts as a step.

        Raises:
            SpecError: See the constructor; or `examples` is not an integer in [1, `MOST_STEPS`].
        """
        examples, batch_size = _count("examples", examples), _count("batch_size", batch_size)
        return cls(-(-examples // batch_size), epochs, batch_size)

    @property
    def total_steps(self) -> int:
        """Number of steps in the run."""
        return self.steps_per_epoch * self.epochs


def _count(name: str, value: Any) -> int:
    if not _is_count(value):
        raise SpecError(f"{name}: must be an integer in {_COUNTS}; got {_shown(value)}")
    return int(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and 1 <= int(value) <= MOST_STEPS


def _shown(value: Any) -> str:
    """The value in a message; Python does not write integers of more than 4,300 digits."""
    is_large = isinstance(value, Integral) and abs(int(value)) > MOST_STEPS
    return f"{Decimal(int(value)):.3g}" if is_large else repr(value)


def total_steps(horizon: "Horizon | int | None") -> int | None:
    """The number of steps in a horizon; an integer is returned as it is.

    Raises:
        SpecError: `horizon` is not a Horizon, an integer in [1, `MOST_STEPS`], or None.
    """
    if horizon is None:
        return None
    if isinstance(horizon, Horizon):
        return horizon.total_steps
    if not _is_count(horizon):
        raise SpecError(
            f"horizon: must be a Horizon, or a number of steps in {_COUNTS}; got {_shown(horizon)}"
        )
    return int(horizon)


def parse(duration: "int | str") -> tuple[Fraction, str]:
    """Splits a duration into number and unit (`st`, `ep`, `%` or `ex`).

    Raises:
        ValueError: The duration is not an integer, or a number followed by one unit, in [0, `MOST_STEPS`].
    """
    if isinstance(duration, Integral) and not isinstance(duration, bool | str):
        if not 0 <= int(duration) <= MOST_STEPS:
            raise _outside(duration)
        return Fraction(int(duration)), "st"
    if not isinstance(duration, str):
        raise ValueError(
            f"must be a number of steps, or a number with a unit ({_UNITS}) such as 30%; got {duration!r}"
        )
    if len(duration) > _LONGEST:
        raise ValueError(f"must have at most {_LONGEST} characters; got {duration[:_LONGEST]!r}…")
    if _SEVERAL.fullmatch(duration):
        raise ValueError(f"must have a single unit, {_UNITS}; got {duration!r}")
    match = _TEXT.fullmatch(duration)
    if match is None:
        raise ValueError(f"must be a number followed by {_UNITS}, such as 5ep or 30%; got {duration!r}")
    if float(match[1]) > MOST_STEPS:  # before an exponent becomes millions of digits
        raise _outside(duration)
    number, unit = Fraction(match[1]), match[2]
    if unit in ("st", "ex") and number.denominator != 1:
        raise ValueError(f"must be a whole number of {unit}; got {duration!r}")
    return number, unit


def terms(duration: "int | str") -> list[tuple[Fraction, str]]:
    """Splits a duration into the durations of which it is the longest: several for `max(4ep, 300st)`, otherwise one.

    Raises:
        ValueError: See `parse`; or `max` has less than two or more than 8 durations.
    """
    match = _MAXIMUM.fullmatch(duration) if isinstance(duration, str) else None
    if match is None:
        return [parse(duration)]
    inside = match[1].split(",", _MOST_TERMS)
    if not 2 <= len(inside) <= _MOST_TERMS:
        raise ValueError(
            f"must have 2 to {_MOST_TERMS} durations in max(), as in max(4ep, 300st); got {match[0][:_LONGEST]!r}"
        )
    return [parse(each) for each in inside]


def _outside(duration: "int | str") -> ValueError:
    return ValueError(f"must be a duration in [0, {MOST_STEPS:.0e}]; got {_shown(duration)}")


def resolve(duration: "int | str", horizon: "Horizon | int | None" = None) -> int:
    """Converts a duration to steps.

    Epochs and percent are rounded to the nearest step (half up), examples up to a whole step.

    Args:
        duration: Duration, such as `200st`, `5ep`, `30%`, `50000ex`, `max(4ep, 300st)` or an integer number of steps.
        horizon: Length of the run, which `ep`, `%` and `ex` refer to. An integer is the total number of steps, which
            suffices for `%`.

    Returns:
        Number of steps, at least 0.

    Raises:
        ValueError: The duration is malformed or too long, or its unit needs a horizon.
    """
    steps = max(_steps(*term, duration, horizon) for term in terms(duration))
    if steps > MOST_STEPS:
        raise ValueError(f"must be at most {MOST_STEPS:.0e} steps; got {duration!r}, which is {steps:.3g}")
    return steps


def _steps(number: Fraction, unit: str, duration: "int | str", horizon: "Horizon | int | None") -> int:
    if unit == "st":
        return int(number)
    total = total_steps(horizon)
    if unit == "%" and total is not None:
        return floor(number * total / 100 + Fraction(1, 2))
    if not isinstance(horizon, Horizon):
        need = "needs a horizon" if horizon is None else "needs a Horizon, not only a number of steps"
        raise ValueError(
            f"{duration!r} {need}; pass horizon=Horizon(steps_per_epoch, epochs, batch_size), or give steps"
        )
    if unit == "ep":
        return floor(number * horizon.steps_per_epoch + Fraction(1, 2))
    return ceil(number / horizon.batch_size)


def _checked(duration: "int | str") -> "int | str":
    (number, unit), *others = terms(duration)
    # Steps are stored as integers, so that a resolved spec equals one written in steps.
    return int(number) if unit == "st" and not others else _normal(duration)


def _normal(duration: "int | str") -> str:
    return re.sub(r"\s*([(,)])\s*", r"\1", str(duration).strip()).replace(",", ", ")


_PATTERN = r"\d+(\.\d+)?([eE]\d+)?\s*(st|ep|%|ex)"

_TEXT_SCHEMA = {
    "type": "string",
    "pattern": rf"^\s*({_PATTERN}|max\s*\(\s*{_PATTERN}(\s*,\s*{_PATTERN})+\s*\))\s*$",
}

Duration = Annotated[
    int | str,
    BeforeValidator(_checked),
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer", "minimum": 0}, _TEXT_SCHEMA],
            "description": "number of steps, or 200st (steps), 5ep (epochs), 30% (of the run), 900ex (examples), "
            "max(5ep, 200st) (the longest)",
        }
    ),
]
"""A duration as a field of a pydantic model: a number of steps, or text with a unit."""


@dataclass(frozen=True)
class InEpochs:
    """Restricts a field to a number of epochs or a duration: `Annotated[int | str, InEpochs("[1, 99]")]`.

    An integer is a number of epochs, other than in a `Duration`; so is `5ep`, which becomes 5, unless the model has a
    field `every`, before this one, that counts in other units. Other durations stay as they are until `whole_epochs`
    converts them.

    Args:
        text: The interval, see `Interval`.
        share: Whether a share of the run, such as `10%`, is allowed.
    """

    text: str
    share: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_before_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        low, high = Interval(self.text).ends
        return {"anyOf": [{"type": "integer", "minimum": int(low), "maximum": int(high)}, _TEXT_SCHEMA]}

    def _checked(self, value: Any, info: ValidationInfo) -> int | str:
        interval = Interval(self.text)
        if isinstance(value, str):
            found = terms(value)
            if not self.share and any(unit == "%" for _, unit in found):
                raise ValueError(f"must not be a share of the run, whose length it is; got {value!r}")
            in_epochs = len(found) == 1 and found[0][1] == "ep" and found[0][0].denominator == 1
            if not in_epochs or info.data.get("every") is not None:
                return _normal(value)
            value = int(found[0][0])
        if isinstance(value, Integral) and not isinstance(value, bool) and int(value) in interval:
            return int(value)
        raise ValueError(f"must be an integer in {self.text}, or a duration such as 300st; got {value!r}")


def whole_epochs(duration: "int | str", horizon: Horizon, least: int = 1, parts: int = 1) -> int:
    """Converts a field with `InEpochs` to whole epochs, rounded up, because metrics are known at the end of an epoch.

    Args:
        duration: A number of epochs, or a duration such as `300st` or `max(4ep, 300st)`.
        horizon: Length of the run, which durations refer to.
        least: Least number of epochs of a duration.
        parts: Number of parts of an epoch, which are counted instead of epochs.

    Raises:
        ValueError: The duration is too long.
    """
    if not isinstance(duration, str):
        return duration
    return max(least, -(-resolve(duration, horizon) * parts // horizon.steps_per_epoch))


def epochs_of(duration: "int | str") -> int:
    """Returns a field with `InEpochs` as the number of epochs that it is.

    Raises:
        SpecError: It is a duration that was not converted.
    """
    if isinstance(duration, str):
        raise SpecError(f"{duration!r} depends on the data; convert it with at(), such as spec.at(examples)")
    return duration
