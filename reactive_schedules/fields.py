"""The types of a spec's fields, and the base class of all its models."""

import difflib
from math import inf, isnan
from numbers import Integral, Real
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema, model_validator

from reactive_schedules.errors import fault, spec_error


class Model(BaseModel):
    """A part of a spec: immutable, and strict about its keys.

    The constructor and `parse` raise `SpecError`, a ValueError with a line per fault.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise spec_error(error, data) from None

    # As in pydantic's RootModel: validation of a part of a model goes on without this constructor.
    __init__.__pydantic_base_init__ = True

    @classmethod
    def parse(cls, data: Any) -> Self:
        """Validates a mapping.

        Raises:
            SpecError: with one line per wrong key.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise spec_error(error, data) from None

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    close = difflib.get_close_matches(str(key), cls.model_fields, n=1)
                    hint = f"did you mean {close[0]}? " if close else ""
                    raise fault(str(key), f"unknown key; {hint}known keys: {', '.join(cls.model_fields)}")
        return data


def _interval(text: str) -> tuple[float, bool, float, bool]:
    low, high = (float(part) for part in text[1:-1].split(","))
    return low, text[0] == "[", high, text[-1] == "]"


def _json_bounds(text: str) -> dict[str, float]:
    low, closed_low, high, closed_high = _interval(text)
    bounds = {}
    if low > -inf:
        bounds["minimum" if closed_low else "exclusiveMinimum"] = low
    if high < inf:
        bounds["maximum" if closed_high else "exclusiveMaximum"] = high
    return bounds


def _inside(value: float, text: str) -> bool:
    low, closed_low, high, closed_high = _interval(text)
    above = value >= low if closed_low else value > low
    below = value <= high if closed_high else value < high
    return above and below and not isnan(value)


def number(interval: str) -> Any:
    """A float field restricted to `interval`, written as in mathematics: `(0, 1]`. NaN is never inside."""

    def check(value: Any) -> float:
        # YAML 1.1 reads 1e-3 as text; anyone who writes it means the number.
        if not isinstance(value, bool) and isinstance(value, Real | str):
            try:
                if _inside(float(value), interval):
                    return float(value)
            except ValueError:
                pass
        raise ValueError(f"must be a number in {interval}; got {value!r}")

    return Annotated[
        float, BeforeValidator(check), WithJsonSchema({"type": "number", **_json_bounds(interval)})
    ]


def whole(interval: str) -> Any:
    """An integer field restricted to `interval`."""

    def check(value: Any) -> int:
        if isinstance(value, Integral) and not isinstance(value, bool) and _inside(value, interval):
            return int(value)
        raise ValueError(f"must be an integer in {interval}; got {value!r}")

    bounds = {key: int(bound) for key, bound in _json_bounds(interval).items()}
    return Annotated[int, BeforeValidator(check), WithJsonSchema({"type": "integer", **bounds})]


Rate = number("(0, inf)")
"""A learning rate."""

Ratio = number("[0, 1]")
"""One rate over another, larger one."""
